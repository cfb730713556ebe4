import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { isTroubled } from '#core/webhooks/endpoint-pace';
import { MAX_TROUBLED_ATTEMPTS, MAX_WEBHOOK_ATTEMPTS, PROBE_EVERY_MS } from '#core/webhooks/limits';
import { type AfterWebhook, afterWebhook } from '#core/webhooks/webhook-schedule';
import { EndpointHealth } from '#features/webhooks/endpoint-health';
import { EndpointLane } from '#features/webhooks/endpoint-lane';
import { type AttemptOutcome, attemptWebhook } from '#features/webhooks/webhook-attempt';
import {
  type ClaimedWebhook,
  claimWebhooks,
  decryptTarget,
  type EndedWebhook,
  endpointsWithWork,
  recordWebhooks,
  targetsOf,
  unclaimWebhooks,
  type WebhookTarget,
} from '#features/webhooks/webhook-groups';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '#features/webhooks/webhook-settings';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys, Undecryptable } from '#platform/encryption/encryption-keys';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { WakeLoop } from '#platform/outbox/wake-loop';
import { SignedUrls } from '#platform/storage/signed-urls';
import { inSpan } from '#platform/telemetry/spans';

export interface EndpointKey {
  tenantId: string;
  endpointId: string;
}

/** What was lost with a process, or was due later than it remembered, is found by then. */
const SWEEP_EVERY_MS = 500;
const MAX_ENDPOINTS_PER_SWEEP = 2_000;
const MAX_ENDPOINTS_PER_CLAIM = 64;
const CLAIM_AGAIN_AFTER_ERROR_MS = 1_000;
const RECORD_GROUP_MS = 10;
/** Attempts that take longer than this at the end of the process are made again by another one. */
const DRAIN_LIMIT_MS = 6_000;
/** Past this the paces of failing endpoints are forgotten; they are learned anew within a few attempts. */
const MAX_REMEMBERED_LANES = 10_000;

/**
 * Pulls due deliveries out of Postgres, as many as their endpoints take now, and attempts them. Nothing waits in a queue beside the
 * table, so nothing is handed out only to be turned away, and nothing is lost with a process or with Redis.
 */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('webhooks');
  private readonly lanes = new Map<string, EndpointLane>();
  private readonly sweep = new WakeLoop({ name: 'webhook sweep', everyMs: SWEEP_EVERY_MS, run: () => this.findWork() });
  private readonly records: CommandGroup<EndedWebhook, undefined>;
  private readonly underWay = new Set<Promise<void>>();
  private claiming = false;
  private stopped = true;

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
    this.stopped = false;
    this.sweep.start();
  }

  /** Lets the attempts under way end; what is claimed and not begun is free again when its claim runs out. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    for (const lane of this.lanes.values()) lane.forget();
    await this.sweep.stop();
    await Promise.race([Promise.all(this.underWay), new Promise((resolve) => setTimeout(resolve, DRAIN_LIMIT_MS).unref())]);
  }

  /** Says that these endpoints may have something due. */
  wake(endpoints: Iterable<EndpointKey & { probe?: boolean }>): void {
    if (this.stopped) return;
    for (const { tenantId, endpointId, probe } of endpoints) {
      let lane = this.lanes.get(endpointId);
      if (!lane) {
        lane = new EndpointLane(tenantId, endpointId, () => this.wake([{ tenantId, endpointId }]));
        this.lanes.set(endpointId, lane);
      }
      lane.noteWork(probe ?? false);
      this.begin(lane);
    }
    this.claimMore();
  }

  private async findWork(): Promise<void> {
    const probeEveryMs = PROBE_EVERY_MS / this.settings.timeScale;
    this.wake(await endpointsWithWork(this.pool, { maxRows: MAX_ENDPOINTS_PER_SWEEP, probeEveryMs }));
  }

  /** One claim at a time: while it is under way the next one gathers. */
  private claimMore(): void {
    if (this.claiming || this.stopped) return;
    const lanes = this.lanesThatWant();
    if (lanes.length === 0) return;
    this.claiming = true;
    this.claim(lanes)
      .catch(async (error) => {
        this.logger.warn('deliveries could not be claimed, the sweep tries again', error);
        await new Promise((resolve) => setTimeout(resolve, CLAIM_AGAIN_AFTER_ERROR_MS));
      })
      .finally(() => {
        this.claiming = false;
        this.claimMore();
      });
  }

  /** In turn, as far as this process has room; the troubled ones together get a part of it only. */
  private lanesThatWant(): { lane: EndpointLane; count: number }[] {
    let [free, freeForTroubled] = [MAX_WEBHOOK_ATTEMPTS, MAX_TROUBLED_ATTEMPTS];
    for (const lane of this.lanes.values()) {
      free -= lane.held;
      if (isTroubled(lane.pace)) freeForTroubled -= lane.held;
    }
    const wanting: { lane: EndpointLane; count: number }[] = [];
    for (const lane of this.lanes.values()) {
      if (wanting.length >= MAX_ENDPOINTS_PER_CLAIM || free <= 0) break;
      const troubled = isTroubled(lane.pace);
      const count = Math.min(lane.wants(), free, troubled ? freeForTroubled : free);
      if (count <= 0) continue;
      wanting.push({ lane, count });
      free -= count;
      if (troubled) freeForTroubled -= count;
    }
    return wanting;
  }

  private async claim(wanting: readonly { lane: EndpointLane; count: number }[]): Promise<void> {
    const wanted = wanting.map(({ lane, count }) => lane.claims(count));
    const claimedAtMs = performance.now();
    const [claimed, targets] = await Promise.all([claimWebhooks(this.pool, wanted, this.settings.timeScale), this.targetsOf(wanted)]).catch(
      (error) => {
        for (const { lane } of wanting) lane.claimFailed();
        throw error;
      },
    );
    const targetById = new Map(targets.map((target) => [target.id, target]));
    const claimedById = Map.groupBy(claimed, ({ endpoint_id }) => endpoint_id);
    for (const { lane, count } of wanting) {
      const target = targetById.get(lane.endpointId);
      // Behind the others now: with more endpoints than fit into one claim each gets its turn.
      this.lanes.delete(lane.endpointId);
      if (!target) continue; // deleted meanwhile, or not to be decrypted: claims run out, and the sweep finds them again
      this.lanes.set(lane.endpointId, lane);
      const mine = claimedById.get(lane.endpointId) ?? [];
      lane.take(mine, target, { claimedAtMs, asked: count });
      this.begin(lane);
    }
  }

  /** What cannot be decrypted is told and left out: it must not hold up the others. */
  private async targetsOf(wanted: readonly EndpointKey[]): Promise<WebhookTarget[]> {
    const kept = await targetsOf(this.pool, wanted);
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

  private begin(lane: EndpointLane): void {
    for (let next = lane.next(performance.now()); next; next = lane.next(performance.now())) {
      const attempt = this.attempt(lane, next.delivery, next.target).catch((error) =>
        this.logger.error('an attempt failed by a fault of ours; it is made again', error),
      );
      this.underWay.add(attempt);
      void attempt.finally(() => this.underWay.delete(attempt));
    }
    if (lane.isIdle || (this.lanes.size > MAX_REMEMBERED_LANES && lane.held === 0)) this.lanes.delete(lane.endpointId);
  }

  private async attempt(lane: EndpointLane, delivery: ClaimedWebhook, target: WebhookTarget): Promise<void> {
    let ended: { outcome: AttemptOutcome; after: AfterWebhook } | undefined;
    let quiet: ClaimedWebhook[] = [];
    try {
      const outcome = await this.send(delivery, target);
      ended = { outcome, after: this.afterAttempt(delivery, outcome) };
    } finally {
      lane.ended(ended?.after, ended?.outcome.log.durationMs ?? 0);
      // Nobody is called while the endpoint wants quiet.
      if (ended?.after.pauseEndpointMs !== undefined) quiet = lane.dropReady();
      // An endpoint in order waits for the record: only then is the next one the oldest.
      if (!lane.fifo) this.goOn(lane);
    }
    const { outcome, after } = ended;
    await this.records.add({ delivery, log: outcome.log, after });
    await this.health.note(target, after);
    if (after.pauseEndpointMs !== undefined) await unclaimWebhooks(this.pool, quiet);
    if (after.state === 'pending') lane.wakeIn(Math.max(after.retryAfterMs, after.pauseEndpointMs ?? 0));
    if (lane.fifo) this.goOn(lane);
  }

  private goOn(lane: EndpointLane): void {
    this.begin(lane);
    this.claimMore();
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
