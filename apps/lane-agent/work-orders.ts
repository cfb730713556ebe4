import { setTimeout as delay } from 'node:timers/promises';
import { WORK_ORDER_TIMEOUT_MS } from '#apps/lane-agent/limits';
import { leaseLost, nodeRefused, tryAgain } from '#apps/lane-agent/stage-failures';
import { WORK_ORDERS_PATH, WorkOrder, type WorkOrderRequest } from '#contracts/lanes/work-order';

export interface WorkOrdersSettings {
  /** Of the API, as nodes reach it. */
  apiOrigin: string;
  nodeToken: string;
  /** How long to go on asking while it is away. */
  apiPatienceMs: number;
}

const ASK_AGAIN_AFTER_MS = 500;

/** Where prompts come from: the API, for a lease that it knows as this node's. */
export class WorkOrders {
  constructor(private readonly settings: WorkOrdersSettings) {}

  /** Throws the activity's failures LeaseLost and NodeRefused, or a retryable one when the API could not answer for so long. */
  async fetch(request: WorkOrderRequest, signal: AbortSignal): Promise<WorkOrder> {
    const answer = await this.untilAnswered(request, signal);
    if (answer.status === 409) throw leaseLost(request, 'the API says so');
    if (answer.status === 401 || answer.status === 403) throw nodeRefused(answer.status);
    if (!answer.ok) throw tryAgain('ApiUnavailable', `the API answered a work order with ${answer.status}`);

    const order = WorkOrder.safeParse(await answer.json().catch(() => undefined));
    signal.throwIfAborted();
    // A newer API may be rolling out; the next attempt may meet one that we understand.
    if (!order.success) throw tryAgain('ApiUnavailable', 'the API answered a work order that is not of the contract');
    return order.data;
  }

  /** An API that restarts is away for all nodes: giving the lease back would only send the generation to wait for it elsewhere. */
  private async untilAnswered(request: WorkOrderRequest, signal: AbortSignal): Promise<Response> {
    const patientUntilMs = performance.now() + this.settings.apiPatienceMs;
    for (;;) {
      const answer = await this.ask(request, signal).catch((error) => {
        if (performance.now() >= patientUntilMs || signal.aborted) throw error;
        return undefined;
      });
      if (answer && (answer.status < 500 || performance.now() >= patientUntilMs)) return answer;
      await answer?.body?.cancel();
      await delay(ASK_AGAIN_AFTER_MS, undefined, { signal });
    }
  }

  private async ask(request: WorkOrderRequest, signal: AbortSignal): Promise<Response> {
    try {
      return await fetch(new URL(WORK_ORDERS_PATH, this.settings.apiOrigin), {
        method: 'POST',
        headers: { authorization: `Bearer ${this.settings.nodeToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(request),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(WORK_ORDER_TIMEOUT_MS)]),
      });
    } catch {
      signal.throwIfAborted();
      throw tryAgain('ApiUnavailable', 'the API does not answer');
    }
  }
}
