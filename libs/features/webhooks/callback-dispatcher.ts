import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type AttemptResult, afterCallback, CALLBACK_TIMEOUT_MS, callbackSignal } from '#core/webhooks/callback-schedule';
import { MAX_CALLBACK_ATTEMPTS, MAX_TROUBLED_CALLBACKS } from '#core/webhooks/limits';
import { type Attempted, CallEngine, type CallKind, type ClaimedCalls, type Wanted } from '#features/webhooks/call-engine';
import { callbackBody } from '#features/webhooks/callback-body';
import { type ClaimedCallback, claimCallbacks, originsWithCallbacks } from '#features/webhooks/claim-callbacks';
import { type EndedCallback, recordCallbacks } from '#features/webhooks/record-callbacks';
import type { Manner } from '#features/webhooks/served-receiver';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { SignedUrls } from '#platform/storage/signed-urls';
import { inSpan } from '#platform/telemetry/spans';

const MAX_ORIGINS_PER_SWEEP = 2_000;
const AS_MANY_AS_FIT: Manner = { fifo: false, maxPerSecond: null };

/** Calls the `callback_url` of Dream Machine's generations, by that API's rules. A host is what has one pace, whatever paths it has. */
@Injectable()
export class CallbackDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown, CallKind<string, ClaimedCallback> {
  readonly name = 'callbacks';
  readonly most = { attempts: MAX_CALLBACK_ATTEMPTS, troubled: MAX_TROUBLED_CALLBACKS };
  private readonly engine = new CallEngine(this);
  private readonly records: CommandGroup<EndedCallback, boolean>;

  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
    @Inject(SignedUrls) private readonly signedUrls: SignedUrls,
  ) {
    this.records = new CommandGroup({ name: 'record callbacks', run: (ended) => recordCallbacks(pool, ended) });
  }

  onApplicationBootstrap(): void {
    this.engine.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.engine.stop();
  }

  /** Says that something may be due to these hosts. */
  wake(origins: Iterable<string>): void {
    this.engine.wake(origins);
  }

  idOf(origin: string): string {
    return origin;
  }

  async withWork(): Promise<{ receiver: string; probe: false }[]> {
    const origins = await originsWithCallbacks(this.pool, MAX_ORIGINS_PER_SWEEP);
    return origins.map((receiver) => ({ receiver, probe: false }));
  }

  async claim(wanted: readonly Wanted<string>[]): Promise<Map<string, ClaimedCalls<ClaimedCallback>>> {
    const claimed = await claimCallbacks(
      this.pool,
      wanted.map(({ receiver, count }) => ({ origin: receiver, count })),
    );
    const byOrigin = Map.groupBy(claimed, ({ origin }) => origin);
    return new Map(wanted.map(({ receiver }) => [receiver, { calls: byOrigin.get(receiver) ?? [], manner: AS_MANY_AS_FIT }]));
  }

  async attempt(callback: ClaimedCallback): Promise<Attempted> {
    const startedAtMs = performance.now();
    const result = await this.call(callback);
    const after = afterCallback(callback.attempts + 1, result);
    return {
      signal: callbackSignal(result),
      durationMs: performance.now() - startedAtMs,
      againInMs: after.state === 'pending' ? after.retryAfterMs : undefined,
      record: () => this.records.add({ callback, result, after }),
    };
  }

  private call(callback: ClaimedCallback): Promise<AttemptResult> {
    const attributes = { 'halogen.delivery.id': callback.id, 'halogen.delivery.attempt': callback.attempts + 1 };
    return inSpan(`callback ${callback.event}`, { parent: callback.traceparent, attributes }, async () => {
      const answer = await this.outbound.post({
        url: callback.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Halogen/1',
          // The same at every attempt, so that a receiver can tell a repeat.
          'x-halogen-delivery-id': callback.id,
        },
        body: JSON.stringify(callbackBody(callback, (key) => this.signedUrls.assetUrl(key))),
        timeoutMs: CALLBACK_TIMEOUT_MS,
      });
      return answer.kind === 'answered' ? { status: answer.status } : { error: `${answer.reason}: ${answer.detail}` };
    });
  }
}
