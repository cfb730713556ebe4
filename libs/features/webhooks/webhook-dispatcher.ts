import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { MAX_TROUBLED_ATTEMPTS, MAX_WEBHOOK_ATTEMPTS, PROBE_EVERY_MS } from '#core/webhooks/limits';
import type { PaceSignal } from '#core/webhooks/receiver-pace';
import { type AfterWebhook, afterWebhook } from '#core/webhooks/webhook-schedule';
import { type Attempted, CallEngine, type CallKind, type ClaimedCalls, type Wanted } from '#features/webhooks/call-engine';
import {
  type ClaimedWebhook,
  claimWebhooks,
  type EndpointKey,
  endpointsWithWork,
  unclaimWebhooks,
} from '#features/webhooks/claim-webhooks';
import { EndpointHealth } from '#features/webhooks/endpoint-health';
import { type EndedWebhook, recordWebhooks } from '#features/webhooks/record-webhooks';
import { type AttemptOutcome, attemptWebhook } from '#features/webhooks/webhook-attempt';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '#features/webhooks/webhook-settings';
import { decryptTarget, targetsOf, type WebhookTarget } from '#features/webhooks/webhook-targets';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys, Undecryptable } from '#platform/encryption/encryption-keys';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { SignedUrls } from '#platform/storage/signed-urls';
import { inSpan } from '#platform/telemetry/spans';

interface WebhookCall {
  delivery: ClaimedWebhook;
  target: WebhookTarget;
}

const MAX_ENDPOINTS_PER_SWEEP = 2_000;
const RECORD_GROUP_MS = 10;

/** Delivers events to endpoints: signs them, and lets their answers decide about the delivery and about the endpoint. */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown, CallKind<EndpointKey, WebhookCall> {
  readonly name = 'webhooks';
  readonly most = { attempts: MAX_WEBHOOK_ATTEMPTS, troubled: MAX_TROUBLED_ATTEMPTS };
  private readonly logger = new Logger(this.name);
  private readonly engine = new CallEngine(this);
  private readonly records: CommandGroup<EndedWebhook, undefined>;

  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
    @Inject(SignedUrls) private readonly signedUrls: SignedUrls,
    @Inject(EncryptionKeys) private readonly keys: EncryptionKeys,
    @Inject(EndpointHealth) private readonly health: EndpointHealth,
    @Inject(WEBHOOK_SETTINGS) private readonly settings: WebhookSettings,
  ) {
    // Nobody waits for a record, so a few large groups are better than many small ones.
    this.records = new CommandGroup({
      name: 'record webhooks',
      run: (ended) => recordWebhooks(pool, ended),
      maxWaitMs: RECORD_GROUP_MS,
      maxInFlight: 1,
    });
  }

  onApplicationBootstrap(): void {
    this.engine.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.engine.stop();
  }

  /** Says that these endpoints may have something due. */
  wake(endpoints: Iterable<EndpointKey>): void {
    this.engine.wake(endpoints);
  }

  idOf({ endpointId }: EndpointKey): string {
    return endpointId;
  }

  async withWork(): Promise<{ receiver: EndpointKey; probe: boolean }[]> {
    const probeEveryMs = PROBE_EVERY_MS / this.settings.timeScale;
    const found = await endpointsWithWork(this.pool, { maxRows: MAX_ENDPOINTS_PER_SWEEP, probeEveryMs });
    return found.map(({ probe, ...receiver }) => ({ receiver, probe }));
  }

  /** An endpoint that was deleted meanwhile, or is not to be decrypted, has no answer: its claims run out. */
  async claim(wanted: readonly Wanted<EndpointKey>[]): Promise<Map<string, ClaimedCalls<WebhookCall>>> {
    const [claimed, targets] = await Promise.all([
      claimWebhooks(
        this.pool,
        wanted.map(({ receiver, count, probe }) => ({ ...receiver, count, probe })),
        this.settings.timeScale,
      ),
      this.targetsOf(wanted.map(({ receiver }) => receiver)),
    ]);
    const claimedById = Map.groupBy(claimed, ({ endpoint_id }) => endpoint_id);
    return new Map(
      targets.map((target) => {
        const calls = (claimedById.get(target.id) ?? []).map((delivery) => ({ delivery, target }));
        return [target.id, { calls, manner: { fifo: target.fifo, maxPerSecond: target.max_per_second } }];
      }),
    );
  }

  giveBack(calls: readonly WebhookCall[]): Promise<void> {
    return unclaimWebhooks(
      this.pool,
      calls.map(({ delivery }) => delivery),
    );
  }

  async attempt({ delivery, target }: WebhookCall): Promise<Attempted> {
    const outcome = await this.send(delivery, target);
    const after = this.afterAttempt(delivery, outcome);
    return {
      signal: signalOf(after),
      durationMs: outcome.log.durationMs,
      againInMs: after.state === 'pending' ? after.retryAfterMs : undefined,
      pauseMs: after.pauseEndpointMs,
      record: async () => {
        await this.records.add({ delivery, log: outcome.log, after });
        await this.health.note(target, after);
        return false; // only an endpoint in order waits for a record, and its turn comes by itself
      },
    };
  }

  /** What cannot be decrypted is told and left out: it must not hold up the others. */
  private async targetsOf(endpoints: readonly EndpointKey[]): Promise<WebhookTarget[]> {
    const kept = await targetsOf(this.pool, endpoints);
    return kept.flatMap((target) => {
      try {
        return [decryptTarget(this.keys, target)];
      } catch (error) {
        if (!(error instanceof Undecryptable)) throw error;
        this.logger.error(`endpoint ${target.id} gets nothing: ${error.message}`);
        return [];
      }
    });
  }

  private send(delivery: ClaimedWebhook, target: WebhookTarget): Promise<AttemptOutcome> {
    const attributes = { 'halogen.webhook.delivery': delivery.id, 'halogen.webhook.attempt': delivery.attempts + 1 };
    return inSpan(`webhook ${delivery.event_type}`, { parent: delivery.traceparent, attributes }, () =>
      attemptWebhook(delivery, target, {
        outbound: this.outbound,
        assetUrl: (key) => this.signedUrls.assetUrl(key),
        timeScale: this.settings.timeScale,
        warn: (message) => this.logger.warn(message),
      }),
    );
  }

  private afterAttempt(delivery: ClaimedWebhook, { result, unsendable }: AttemptOutcome): AfterWebhook {
    const after = afterWebhook(result, {
      tries: delivery.tries + 1,
      timeScale: this.settings.timeScale,
      random: Math.random(),
      nowMs: Date.now(),
    });
    return unsendable ? { ...after, state: 'given_up' } : after;
  }
}

function signalOf({ state, throttled }: AfterWebhook): PaceSignal {
  if (state === 'delivered') return 'success';
  return throttled ? 'throttled' : 'failure';
}
