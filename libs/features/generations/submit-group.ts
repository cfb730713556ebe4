import { modelFamilyOf } from '#core/catalog/models';
import type { Quote } from '#core/catalog/quote';
import { DEFAULT_SERVICE_TIER, type ServiceTier } from '#core/catalog/service-tiers';
import type { Recipe } from '#core/generations/recipe';
import type { ReservedPart } from '#core/ledger/accounts';
import type { InsufficientCredits } from '#core/ledger/reserve';
import type { BudgetExceeded, SpendingCap } from '#core/ledger/spending-cap';
import { generationEventCtes, NOTIFY_OF_EVENTS } from '#features/events/generation-events.service';
import { type StoredParts, storedParts } from '#features/generations/reserved-parts';
import { lockAccounts, movementCtes } from '#features/ledger/movements.service';
import { type ReserveOutcome, type ReserveWish, reserveTogether } from '#features/ledger/reservations.service';
import { type ExceededCap, readSpending, spendingCte, tellExceeded } from '#features/ledger/spending.service';
import type { HotTx, Tx } from '#platform/database/tx';

/** The API a request came by. */
export type Surface = 'dream_machine' | 'native';

/** What a caller may say about when and how its generation is served. */
export interface Wishes {
  serviceTier: ServiceTier;
  /** Higher goes first among the tenant's own. */
  priority: number;
  startBy: Date | null;
  completeBy: Date | null;
  labels: Readonly<Record<string, string>>;
}

export const NO_WISHES: Wishes = { serviceTier: DEFAULT_SERVICE_TIER, priority: 0, startBy: null, completeBy: null, labels: {} };

/** One caller's wish to queue a generation, priced already. */
export interface SubmitCommand {
  tenantId: string;
  apiKeyId: string;
  id: string;
  surface: Surface;
  wishes: Wishes;
  /** The project it is done for, if any: decides which grants apply and whose budget counts. */
  projectId?: string | null;
  /** Budgets that must cover it. */
  caps?: readonly SpendingCap[];
  quote: Quote;
<<<<<<< HEAD
  /** Absent: a new picture or clip from its prompt alone. */
  recipe?: Recipe;
  /** Of everything that was asked for, as hex. */
  bodySha256: string;
  /** How this create is known when it is sent again; null: not at all. */
  once: Once | null;
  /** Null for a key without limits on this family. */
  limits: FamilyLimits | null;
=======
>>>>>>> 6299b0b (Journey through webhooks, measure them, and do the same with less work)
  /** Echo of the create body. */
  request: Record<string, unknown>;
  prompt: string;
  /** 0 … 2³¹ − 1. */
  seed: number;
  callbackUrl: string | null;
  traceparent: string | undefined;
}

export type SubmitOutcome = { createdAt: Date } | InsufficientCredits | BudgetExceeded;

/**
 * Reserves, queues and announces a group of submits in one transaction: lock, decide, save.
 * A refused member writes nothing. `again` marks a member whose earlier commit may have happened: its own row then is its success.
 */
export async function submitAll(tx: HotTx, commands: readonly SubmitCommand[], again: boolean): Promise<SubmitOutcome[]> {
  const accounts = await lockAccounts(
    tx,
    commands.map(({ tenantId }) => tenantId),
  );
  const committed = again ? await committedEarlier(tx, commands) : new Map<string, Date>();
  const now = new Date();
  const undecided = commands.filter(({ id }) => !committed.has(id));
  const spending = await readSpending(tx, undecided, now);
  const { outcomes, movements } = reserveTogether(accounts, undecided.map(wishOf), now, spending.used);

  const accepted = undecided.flatMap((command, at) => {
    const outcome = outcomes[at] as ReserveOutcome;
    return 'refused' in outcome ? [] : [{ command, parts: outcome.parts }];
  });
  await tellExceeded(tx, spending, exceededOf(undecided, outcomes));
  if (accepted.length > 0) {
    const ledger = movementCtes(GENERATION_PARAMETERS + 1, accounts.values(), movements);
    const counted = spendingCte(
      GENERATION_PARAMETERS + ledger.parameters.length + 1,
      spending,
      accepted.map(({ command }) => ({ spender: command, priceMicro: command.quote.priceMicro })),
    );
    tx.last(
      counted ? 'submit, count spending' : 'submit',
      `WITH ${ledger.sql}, ${INSERT_GENERATIONS} ${counted ? `, ${counted.sql}` : ''} SELECT pg_notify('halogen_scheduler', ''), ${NOTIFY_OF_EVENTS}`,
      [...generationParameters(accepted, now), ...ledger.parameters, ...(counted?.parameters ?? [])],
    );
  }
  const decided = outcomes.values();
  return commands.map(({ id }): SubmitOutcome => {
    const earlier = committed.get(id);
    if (earlier) return { createdAt: earlier };
    const outcome = decided.next().value as ReserveOutcome;
    return 'refused' in outcome ? outcome : { createdAt: now };
  });
}

function wishOf({ tenantId, id, projectId = null, caps, quote }: SubmitCommand): ReserveWish {
  const purpose = { projectId, modelFamily: modelFamilyOf(quote.model) };
  return { tenantId, generationId: id, priceMicro: quote.priceMicro, purpose, caps };
}

/** Budgets that refused a member, or would have if they did more than warn. */
function exceededOf(commands: readonly SubmitCommand[], outcomes: readonly ReserveOutcome[]): ExceededCap[] {
  return commands.flatMap(({ tenantId }, at) => {
    const outcome = outcomes[at] as ReserveOutcome;
    if ('refused' in outcome) return outcome.refused === 'budget_exceeded' ? [{ tenantId, cap: outcome.cap }] : [];
    return (outcome.exceeded ?? []).map((cap) => ({ tenantId, cap }));
  });
}

async function committedEarlier(tx: Tx, commands: readonly SubmitCommand[]): Promise<Map<string, Date>> {
  const rows = await tx.query<{ id: string; created_at: Date }>(
    `SELECT g.id, g.created_at FROM unnest($1::uuid[], $2::uuid[]) AS v (tenant_id, id) JOIN generations g USING (tenant_id, id)`,
    [commands.map(({ tenantId }) => tenantId), commands.map(({ id }) => id)],
  );
  return new Map(rows.map(({ id, created_at }) => [id, created_at]));
}

<<<<<<< HEAD
const GENERATION_PARAMETERS = 38;
=======
const GENERATION_PARAMETERS = 27;
>>>>>>> 6299b0b (Journey through webhooks, measure them, and do the same with less work)

const INSERT_GENERATIONS = `
  queued AS (
    INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages,
                             gang_lanes, price_micro, burn_lane_ms, rate_card_version, reserved, callback_url, traceparent, state, created_at, project_id,
<<<<<<< HEAD
                             service_tier, priority, start_by, complete_by, labels, is_limited, recipe)
    SELECT u.tenant_id, u.id, u.api_key_id, u.surface, u.kind, u.model, u.pool_class, u.output, u.output_key, u.request, u.prompt, u.seed,
           string_to_array(u.stages, ','), u.gang_lanes, u.price_micro, u.burn_lane_ms, u.rate_card_version, u.reserved, u.callback_url, u.traceparent,
           'queued', $21::timestamptz, u.project_id,
           u.service_tier, u.priority, u.start_by, u.complete_by, u.labels, u.is_limited, u.recipe
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::jsonb[],
                  $11::text[], $12::bigint[], $13::text[], $14::bigint[], $15::integer[], $16::integer[], $17::jsonb[], $18::text[],
                  $19::text[], $20::smallint[], $22::uuid[],
                  $23::text[], $24::smallint[], $25::timestamptz[], $26::timestamptz[], $27::jsonb[], $28::boolean[], $38::jsonb[])
           AS u (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages,
                 price_micro, burn_lane_ms, rate_card_version, reserved, callback_url, traceparent, gang_lanes, project_id,
                 service_tier, priority, start_by, complete_by, labels, is_limited, recipe)
  ),
  kept_keys AS (
    INSERT INTO idempotency_keys (tenant_id, api_key_id, key, body_sha256, generation_id, created_at)
    SELECT u.tenant_id, u.api_key_id, u.key, decode(u.body, 'hex'), u.id, $21
      FROM unnest($29::uuid[], $30::uuid[], $31::text[], $32::text[], $33::uuid[]) AS u (tenant_id, api_key_id, key, body, id)
  ),
  kept_bodies AS (
    INSERT INTO recent_creates (tenant_id, api_key_id, body_sha256, generation_id, created_at)
    SELECT u.tenant_id, u.api_key_id, decode(u.body, 'hex'), u.id, $21
      FROM unnest($34::uuid[], $35::uuid[], $36::text[], $37::uuid[]) AS u (tenant_id, api_key_id, body, id)
=======
                             service_tier, priority, start_by, complete_by, labels)
    SELECT u.tenant_id, u.id, u.api_key_id, u.surface, u.kind, u.model, u.pool_class, u.output, u.output_key, u.request, u.prompt, u.seed,
           string_to_array(u.stages, ','), u.gang_lanes, u.price_micro, u.burn_lane_ms, u.rate_card_version, u.reserved, u.callback_url, u.traceparent,
           'queued', $21::timestamptz, u.project_id,
           u.service_tier, u.priority, u.start_by, u.complete_by, u.labels
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::jsonb[],
                  $11::text[], $12::bigint[], $13::text[], $14::bigint[], $15::integer[], $16::integer[], $17::jsonb[], $18::text[],
                  $19::text[], $20::smallint[], $22::uuid[],
                  $23::text[], $24::smallint[], $25::timestamptz[], $26::timestamptz[], $27::jsonb[])
           AS u (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages,
                 price_micro, burn_lane_ms, rate_card_version, reserved, callback_url, traceparent, gang_lanes, project_id,
                 service_tier, priority, start_by, complete_by, labels)
>>>>>>> 6299b0b (Journey through webhooks, measure them, and do the same with less work)
  ),
  announced AS (
    INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, traceparent)
    SELECT 'scheduler', 'queued', u.tenant_id, u.id, u.pool_class, u.traceparent
      FROM unnest($1::uuid[], $2::uuid[], $7::text[], $19::text[]) AS u (tenant_id, id, pool_class, traceparent)
  ),
  ${generationEventCtes(`
    SELECT u.tenant_id, 1 AS place, 'generation.queued' AS type, u.id, u.kind, u.model, $21::timestamptz AS created_at,
           NULL::jsonb AS assets, NULL::text AS reason, u.traceparent
      FROM unnest($1::uuid[], $2::uuid[], $5::text[], $6::text[], $19::text[]) AS u (tenant_id, id, kind, model, traceparent)`)}`;

function generationParameters(accepted: readonly { command: SubmitCommand; parts: readonly ReservedPart[] }[], now: Date): unknown[] {
  const column = <T>(pick: (command: SubmitCommand) => T) => accepted.map(({ command }) => pick(command));
  const stored = accepted.map(({ parts }): StoredParts => storedParts(parts));
  return [
    column(({ tenantId }) => tenantId),
    column(({ id }) => id),
    column(({ apiKeyId }) => apiKeyId),
    column(({ surface }) => surface),
    column(({ quote }) => quote.output.kind),
    column(({ quote }) => quote.model),
    column(({ quote }) => quote.poolClass),
    column(({ quote }) => JSON.stringify(quote.output)),
    column(({ quote }) => quote.outputKey),
    column(({ request }) => JSON.stringify(request)),
    column(({ prompt }) => prompt),
    column(({ seed }) => seed),
    column(({ quote }) => quote.stages.join(',')),
    column(({ quote }) => quote.priceMicro),
    column(({ quote }) => quote.burnLaneMs),
    column(({ quote }) => quote.rateCardVersion),
    stored.map((parts) => JSON.stringify(parts)),
    column(({ callbackUrl }) => callbackUrl),
    column(({ traceparent }) => traceparent),
    column(({ quote }) => quote.gangLanes),
    now,
    column(({ projectId }) => projectId ?? null),
    column(({ wishes }) => wishes.serviceTier),
    column(({ wishes }) => wishes.priority),
    column(({ wishes }) => wishes.startBy),
    column(({ wishes }) => wishes.completeBy),
    column(({ wishes }) => JSON.stringify(wishes.labels)),
<<<<<<< HEAD
    column(({ limits }) => limits !== null),
    keyed.map(({ tenantId }) => tenantId),
    keyed.map(({ apiKeyId }) => apiKeyId),
    keyed.map(({ once }) => (once?.by === 'key' ? once.key : null)),
    keyed.map(({ bodySha256 }) => bodySha256),
    keyed.map(({ id }) => id),
    counted.map(({ tenantId }) => tenantId),
    counted.map(({ apiKeyId }) => apiKeyId),
    counted.map(({ bodySha256 }) => bodySha256),
    counted.map(({ id }) => id),
    column(({ recipe }) => (recipe ? JSON.stringify(recipe) : null)),
=======
>>>>>>> 6299b0b (Journey through webhooks, measure them, and do the same with less work)
  ];
}
