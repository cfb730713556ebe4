import type { FamilyLimits } from '#core/access/key-limits';
import type { Once } from '#core/access/once';
import { acceptedTier } from '#core/catalog/accepted-tier';
import { modelFamilyOf } from '#core/catalog/models';
import type { Quote } from '#core/catalog/quote';
import { DEFAULT_SERVICE_TIER, type ServiceTier } from '#core/catalog/service-tiers';
import { tierPriceMicro } from '#core/catalog/tier-price';
import type { Recipe } from '#core/generations/recipe';
import type { ReservedPart, SpendableAccounts } from '#core/ledger/accounts';
import { type InsufficientCredits, reserve } from '#core/ledger/reserve';
import type { BudgetExceeded, SpendingCap } from '#core/ledger/spending-cap';
import { generationEventCtes, NOTIFY_OF_EVENTS } from '#features/events/generation-events.service';
import { CreateLimits } from '#features/generations/create-limits';
import { type EarlierCreate, EarlierCreates } from '#features/generations/earlier-creates';
import { readGuaranteedUnits } from '#features/generations/guaranteed-units';
import { SubmitTerms, TERMS, TERMS_PARAMETERS } from '#features/generations/submit-terms';
import { type GenerationTransfers, lockSpendable, movementCtes } from '#features/ledger/movements.service';
import { type ReserveOutcome, type ReserveWish, reserveTogether } from '#features/ledger/reservations.service';
import { type ExceededCap, readSpending, spendingCte, tellExceeded } from '#features/ledger/spending.service';
import { plainArray } from '#platform/database/array-literals';
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

/** One caller's wish to queue a generation, priced already for its tier. */
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
  /** Absent: a new picture or clip from its prompt alone. */
  recipe?: Recipe;
  /** Of everything that was asked for, as hex; empty when neither `once` nor `limits` need it. */
  bodySha256: string;
  /** How this create is known when it is sent again; null: not at all. */
  once: Once | null;
  /** Null for a key without limits on this family. */
  limits: FamilyLimits | null;
  /** Echo of the create body. */
  request: Record<string, unknown>;
  prompt: string;
  /** 0 … 2³¹ − 1. */
  seed: number;
  callbackUrl: string | null;
  traceparent: string | undefined;
}

export type SubmitOutcome =
  /** `id` is another's when this create repeats an earlier one: that one's answer is its answer too. */
  { id: string; createdAt: Date } | Unaffordable | NoUnits | BudgetExceeded | RateLimited | { refused: 'idempotency_key_reused' };

/** Names the tier that would be accepted, if there is one. */
export type Unaffordable = InsufficientCredits & { acceptedTier?: ServiceTier };

/** Dedicated work runs on own units only: without as many as it needs it would wait for ever. */
export interface NoUnits {
  refused: 'no_units';
  poolClass: string;
  units: number;
  neededUnits: number;
}

export interface RateLimited {
  refused: 'rate_limited';
  limit: 'creates_per_minute' | 'concurrent';
  /** Until the slot that this refusal has booked. */
  retryAfterMs: number;
}

/**
 * Reserves, queues and announces a group of submits in one transaction: lock, decide, save.
 * A refused member writes nothing but its booked slot. `again` marks a member whose earlier commit may have happened: its own row then is its success.
 */
export async function submitAll(tx: HotTx, commands: readonly SubmitCommand[], again: boolean): Promise<SubmitOutcome[]> {
  // Sent one behind the other: what is read after the accounts are locked stays true until the commit.
  const [accounts, limits, earlier, unitsOf] = await Promise.all([
    lockSpendable(
      tx,
      commands.map(({ tenantId }) => tenantId),
    ),
    CreateLimits.lock(tx, commands),
    EarlierCreates.read(tx, commands),
    readGuaranteedUnits(tx, commands),
  ]);
  const committed = again ? await committedEarlier(tx, commands) : new Map<string, Date>();
  const now = new Date();
  const spending = await readSpending(
    tx,
    commands.filter(({ id }) => !committed.has(id)),
    now,
  );

  const accepted: { command: SubmitCommand; parts: readonly ReservedPart[] }[] = [];
  const movements: GenerationTransfers[] = [];
  const exceeded: ExceededCap[] = [];
  const outcomes = commands.map((command): SubmitOutcome => {
    const { tenantId, id } = command;
    const own = committed.get(id);
    if (own) return { id, createdAt: own };
    const repeated = repeatedBy(command, earlier, limits);
    if (repeated) return repeated.body === command.bodySha256 ? answerOf(repeated) : { refused: 'idempotency_key_reused' };

    const units = unitsOf(command);
    if (command.wishes.serviceTier === 'dedicated' && units < command.quote.gangLanes)
      return { refused: 'no_units', poolClass: command.quote.poolClass, units, neededUnits: command.quote.gangLanes };

    const before = accounts.get(tenantId);
    const reserved = reserveTogether(accounts, [wishOf(command)], now, spending.used);
    const [outcome] = reserved.outcomes as [ReserveOutcome];
    if ('refused' in outcome) {
      if (outcome.refused === 'budget_exceeded') exceeded.push({ tenantId, cap: outcome.cap });
      else return { ...outcome, acceptedTier: tierAcceptedOf(command, units, before, now) };
      return outcome;
    }
    const decision = limits.decide(command);
    if (decision?.admitted === false) {
      // It is not reserved after all: whoever comes next sees what it would have taken.
      if (before) accounts.set(tenantId, before);
      for (const { subjectId } of command.caps ?? [])
        spending.used.set(subjectId, (spending.used.get(subjectId) ?? 0n) - command.quote.priceMicro);
      return { refused: 'rate_limited', limit: decision.limit, retryAfterMs: decision.booking.promisedMs - decision.nowMs };
    }
    accepted.push({ command, parts: outcome.parts });
    movements.push(...reserved.movements);
    exceeded.push(...(outcome.exceeded ?? []).map((cap) => ({ tenantId, cap })));
    earlier.add(command, now);
    return { id, createdAt: now };
  });
  await Promise.all([tellExceeded(tx, spending, exceeded), limits.save(tx), earlier.save(tx)]);
  if (accepted.length > 0) {
    const ledger = movementCtes(GENERATION_PARAMETERS + 1, accounts.values(), movements);
    const counted = spendingCte(
      GENERATION_PARAMETERS + ledger.parameters.length + 1,
      spending,
      accepted.map(({ command }) => ({ spender: command, priceMicro: command.quote.priceMicro })),
    );
    tx.last(
      counted ? 'submit, count spending' : 'submit',
      `WITH ${ledger.sql}, ${INSERT_GENERATIONS} ${counted ? `, ${counted.sql}` : ''}
       SELECT pg_notify('halogen_scheduler', pool_class), ${NOTIFY_OF_EVENTS} FROM (SELECT DISTINCT pool_class FROM asked) AS queues`,
      [...generationParameters(accepted, now), ...ledger.parameters, ...(counted?.parameters ?? [])],
    );
  }
  return outcomes;
}

/** A re-send without a key first makes good a recorded refusal, for which nothing was committed; only then it repeats a create. */
function repeatedBy(command: SubmitCommand, earlier: EarlierCreates, limits: CreateLimits): EarlierCreate | undefined {
  return earlier.ofKey(command) ?? (limits.hasRefused(command) ? undefined : earlier.ofBody(command));
}

function answerOf({ generationId, createdAt }: EarlierCreate): SubmitOutcome {
  return { id: generationId, createdAt };
}

/** What the caller may ask for instead, with what it has. */
function tierAcceptedOf(
  command: SubmitCommand,
  units: number,
  accounts: SpendableAccounts | undefined,
  now: Date,
): ServiceTier | undefined {
  const { wishes, quote } = command;
  const { purpose } = wishOf(command);
  const isFlexCovered = accounts !== undefined && !('refused' in reserve(accounts, tierPriceMicro(quote.priceMicro, 'flex'), now, purpose));
  return acceptedTier({ tier: wishes.serviceTier, gangLanes: quote.gangLanes, units, isFlexCovered });
}

function wishOf({ tenantId, id, projectId = null, caps, quote }: SubmitCommand): ReserveWish {
  const purpose = { projectId, modelFamily: modelFamilyOf(quote.model) };
  return { tenantId, generationId: id, priceMicro: quote.priceMicro, purpose, caps };
}

async function committedEarlier(tx: Tx, commands: readonly SubmitCommand[]): Promise<Map<string, Date>> {
  const rows = await tx.query<{ id: string; created_at: Date }>(
    `SELECT g.id, g.created_at FROM unnest($1::uuid[], $2::uuid[]) AS v (tenant_id, id) JOIN generations g USING (tenant_id, id)`,
    [commands.map(({ tenantId }) => tenantId), commands.map(({ id }) => id)],
  );
  return new Map(rows.map(({ id, created_at }) => [id, created_at]));
}

const GENERATION_PARAMETERS = TERMS_PARAMETERS + 17;

const INSERT_GENERATIONS = `
  asked AS (
    SELECT u.id, u.request, u.prompt, u.seed, u.callback_url, u.traceparent, t.*
      FROM ROWS FROM (unnest($23::uuid[], $24::integer[], $25::bigint[], $26::text[], $27::text[]),
                      jsonb_array_elements($28::jsonb), jsonb_array_elements_text($29::jsonb))
           AS u (id, place, seed, callback_url, traceparent, request, prompt)
      JOIN ${TERMS} USING (place)
  ),
  queued AS (
    INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages,
                             gang_lanes, price_micro, burn_lane_ms, rate_card_version, reserved, callback_url, traceparent, state, created_at, project_id,
                             service_tier, priority, start_by, complete_by, labels, is_limited, recipe)
    SELECT tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, string_to_array(stages, ','),
           gang_lanes, price_micro, burn_lane_ms, rate_card_version, reserved, callback_url, traceparent, 'queued', $30::timestamptz, project_id,
           service_tier, priority, start_by, complete_by, labels, is_limited, recipe
      FROM asked
  ),
  kept_keys AS (
    INSERT INTO idempotency_keys (tenant_id, api_key_id, key, body_sha256, generation_id, created_at)
    SELECT u.tenant_id, u.api_key_id, u.key, decode(u.body, 'hex'), u.id, $30
      FROM unnest($31::uuid[], $32::uuid[], $33::text[], $34::text[], $35::uuid[]) AS u (tenant_id, api_key_id, key, body, id)
  ),
  kept_bodies AS (
    INSERT INTO recent_creates (tenant_id, api_key_id, body_sha256, generation_id, created_at)
    SELECT u.tenant_id, u.api_key_id, decode(u.body, 'hex'), u.id, $30
      FROM unnest($36::uuid[], $37::uuid[], $38::text[], $39::uuid[]) AS u (tenant_id, api_key_id, body, id)
  ),
  announced AS (
    INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, traceparent)
    SELECT 'scheduler', 'queued', tenant_id, id, pool_class, traceparent FROM asked
  ),
  ${generationEventCtes(`
    SELECT tenant_id, project_id, 1 AS place, 'generation.queued' AS type, id, kind, model, $30::timestamptz AS created_at, NULL::jsonb AS assets,
           NULL::text AS reason, traceparent
      FROM asked`)}`;

function generationParameters(accepted: readonly { command: SubmitCommand; parts: readonly ReservedPart[] }[], now: Date): unknown[] {
  const column = <T>(pick: (command: SubmitCommand) => T) => accepted.map(({ command }) => pick(command));
  const keyed = accepted.map(({ command }) => command).filter(({ once }) => once?.by === 'key');
  const counted = accepted.map(({ command }) => command).filter(({ once }) => once?.by === 'tries');
  const terms = new SubmitTerms();
  const places = accepted.map(({ command, parts }) => terms.placeOf(command, parts));
  return [
    ...terms.parameters(),
    plainArray(column(({ id }) => id)),
    plainArray(places),
    plainArray(column(({ seed }) => seed)),
    column(({ callbackUrl }) => callbackUrl),
    plainArray(column(({ traceparent }) => traceparent ?? null)),
    JSON.stringify(column(({ request }) => request)),
    JSON.stringify(column(({ prompt }) => prompt)),
    now,
    keyed.map(({ tenantId }) => tenantId),
    keyed.map(({ apiKeyId }) => apiKeyId),
    keyed.map(({ once }) => (once?.by === 'key' ? once.key : null)),
    keyed.map(({ bodySha256 }) => bodySha256),
    keyed.map(({ id }) => id),
    counted.map(({ tenantId }) => tenantId),
    counted.map(({ apiKeyId }) => apiKeyId),
    counted.map(({ bodySha256 }) => bodySha256),
    counted.map(({ id }) => id),
  ];
}
