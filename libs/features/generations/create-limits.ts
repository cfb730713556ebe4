import { type Booking, type CreateDecision, CreateWindow } from '#core/access/create-window';
import type { FamilyLimits } from '#core/access/key-limits';
import { RESEND_KNOWN_MS } from '#core/access/once';
import { modelFamilyOf } from '#core/catalog/models';
import type { SubmitCommand } from '#features/generations/submit-group';
import type { Tx } from '#platform/database/tx';

/** Work ends within this many times its burn, nine times of ten: until run times are kept per model and output. */
const P90_OF_BURN = 2;

export interface LimitedKey {
  tenantId: string;
  apiKeyId: string;
  family: string;
  limits: FamilyLimits;
}

interface OpenWindow extends LimitedKey {
  window: CreateWindow;
  nowMs: number;
  isUsed: boolean;
  told: Map<string, Booking>;
  usedUp: Set<string>;
}

/** The windows of a group's limited keys, locked until the transaction ends. Time is the database's: all processes share one clock. */
export class CreateLimits {
  private constructor(private readonly windows: Map<string, OpenWindow>) {}

  /** Asks nothing when no member's key is limited. */
  static async lock(tx: Tx, commands: readonly SubmitCommand[]): Promise<CreateLimits> {
    const keys = commands.flatMap(({ tenantId, apiKeyId, quote, limits }) =>
      limits ? [{ tenantId, apiKeyId, family: modelFamilyOf(quote.model), limits }] : [],
    );
    const distinct = [...new Map(keys.map((key) => [keyOf(key), key])).values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    if (distinct.length === 0) return new CreateLimits(new Map());
    return new CreateLimits(await readWindows(tx, distinct, LOCK_WINDOWS));
  }

  /** Undefined for a key without limits. */
  decide(command: SubmitCommand): (CreateDecision & { nowMs: number }) | undefined {
    const open = this.windowOf(command);
    if (!open) return undefined;
    const decision = open.window.decide(
      { id: command.id, body: command.bodySha256, isResend: isResend(command), expectedMs: P90_OF_BURN * command.quote.burnLaneMs },
      open.nowMs,
    );
    if (decision.admitted) {
      open.isUsed = true;
      if (decision.usedUp) open.usedUp.add(decision.usedUp.id);
    } else if (open.window.has(decision.booking.id)) {
      open.told.set(decision.booking.id, decision.booking);
    }
    return { ...decision, nowMs: open.nowMs };
  }

  /** Whether a refusal of this create is recorded: then a re-send of it is no repetition. */
  hasRefused(command: SubmitCommand): boolean {
    return this.windowOf(command)?.window.hasRefused(command.bodySha256) ?? false;
  }

  async save(tx: Tx): Promise<void> {
    const changed = [...this.windows.values()].filter(({ isUsed, told }) => isUsed || told.size > 0);
    if (changed.length === 0) return;
    const told = changed.flatMap((open) =>
      [...open.told.values()].filter(({ id }) => !open.usedUp.has(id)).map((booking) => ({ open, booking })),
    );
    await tx.query(SAVE_WINDOWS, [
      changed.map(({ tenantId }) => tenantId),
      changed.map(({ apiKeyId }) => apiKeyId),
      changed.map(({ family }) => family),
      changed.map(({ window, nowMs }) => `{${window.keptSlots(nowMs).map(Math.round).join(',')}}`),
      changed.flatMap(({ usedUp }) => [...usedUp]),
      told.map(({ open }) => open.tenantId),
      told.map(({ booking }) => booking.id),
      told.map(({ open }) => open.apiKeyId),
      told.map(({ open }) => open.family),
      told.map(({ booking }) => booking.body),
      told.map(({ booking }) => Math.ceil(booking.promisedMs)),
      told.map(({ booking }) => Math.round(booking.toldMs)),
    ]);
  }

  private windowOf({ tenantId, apiKeyId, quote, limits }: SubmitCommand): OpenWindow | undefined {
    return limits ? this.windows.get(keyOf({ tenantId, apiKeyId, family: modelFamilyOf(quote.model) })) : undefined;
  }
}

/** What the meter of a key shows. */
export async function readMeter(tx: Tx, keys: readonly LimitedKey[]): Promise<(LimitedKey & { used: FamilyLimits })[]> {
  const windows = await readWindows(tx, keys, LOOK_AT_WINDOWS);
  return keys.map((key) => {
    const open = windows.get(keyOf(key));
    return { ...key, used: open ? open.window.used(open.nowMs) : { concurrent: 0, createsPerMinute: 0 } };
  });
}

async function readWindows(tx: Tx, keys: readonly LimitedKey[], windowsSql: string): Promise<Map<string, OpenWindow>> {
  const columns = [keys.map(({ tenantId }) => tenantId), keys.map(({ apiKeyId }) => apiKeyId), keys.map(({ family }) => family)];
  // A key without a concurrent limit may have any number of unfinished generations: they are not read.
  const counted = keys.filter(({ limits }) => Number.isFinite(limits.concurrent));
  const [windows, bookings, unfinished] = await Promise.all([
    tx.query<{ tenant_id: string; api_key_id: string; family: string; slots_ms: string[]; now_ms: number }>(windowsSql, columns),
    tx.query<BookingRow>(READ_BOOKINGS, [...columns, RESEND_KNOWN_MS]),
    counted.length === 0
      ? []
      : tx.query<UnfinishedRow>(READ_UNFINISHED, [counted.map(({ tenantId }) => tenantId), counted.map(({ apiKeyId }) => apiKeyId)]),
  ]);
  const nowMs = windows[0]?.now_ms ?? Date.now();
  return new Map(
    keys.map((key) => {
      const isOf = (row: { tenant_id: string; api_key_id: string; family: string }) =>
        row.tenant_id === key.tenantId && row.api_key_id === key.apiKeyId && row.family === key.family;
      const window = new CreateWindow(
        {
          limits: key.limits,
          slotsMs: windows.find(isOf)?.slots_ms.map(Number) ?? [],
          bookings: bookings.filter(isOf).map(({ id, body, promised_ms, told_ms }) => ({
            id,
            body,
            promisedMs: Number(promised_ms),
            toldMs: Number(told_ms),
          })),
          endsMs: unfinished
            .filter((row) => isOf({ ...row, family: modelFamilyOf(row.model) }))
            .map(({ admitted_ms, burn_lane_ms }) => (admitted_ms ?? nowMs) + P90_OF_BURN * burn_lane_ms),
        },
        nowMs,
      );
      return [keyOf(key), { ...key, window, nowMs, isUsed: false, told: new Map(), usedUp: new Set() }];
    }),
  );
}

interface BookingRow {
  tenant_id: string;
  api_key_id: string;
  family: string;
  id: string;
  body: string;
  promised_ms: string;
  told_ms: string;
}

interface UnfinishedRow {
  tenant_id: string;
  api_key_id: string;
  model: string;
  burn_lane_ms: number;
  admitted_ms: number | null;
}

const NOW_MS = '(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms';

/** Makes what is missing and locks all: a row that does not exist cannot be locked. */
const LOCK_WINDOWS = `
  INSERT INTO create_windows AS w (tenant_id, api_key_id, family)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])
  ON CONFLICT (tenant_id, api_key_id, family) DO UPDATE SET slots_ms = w.slots_ms
  RETURNING tenant_id, api_key_id, family, slots_ms, ${NOW_MS}`;

const LOOK_AT_WINDOWS = `
  SELECT tenant_id, api_key_id, family, slots_ms, ${NOW_MS} FROM create_windows
   WHERE (tenant_id, api_key_id, family) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]))`;

const READ_BOOKINGS = `
  SELECT b.tenant_id, b.api_key_id, b.family, b.id, encode(b.body_sha256, 'hex') AS body, b.promised_ms, b.told_ms
    FROM booked_slots b
   WHERE (b.tenant_id, b.api_key_id, b.family) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]))
     AND b.promised_ms > extract(epoch FROM clock_timestamp()) * 1000 - $4`;

/** As many as the limits allow, by a partial index: finished generations are not in it. */
const READ_UNFINISHED = `
  SELECT g.tenant_id, g.api_key_id, g.model, g.burn_lane_ms, (extract(epoch FROM l.admitted_at) * 1000)::float8 AS admitted_ms
    FROM generations g
    LEFT JOIN leases l ON l.tenant_id = g.tenant_id AND l.generation_id = g.id AND l.fence = g.fence AND l.ended_at IS NULL
   WHERE (g.tenant_id, g.api_key_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
     AND g.is_limited AND g.state IN ('queued', 'admitted', 'running')`;

const SAVE_WINDOWS = `
  WITH used AS (
    UPDATE create_windows w SET slots_ms = v.slots_ms::bigint[]
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS v (tenant_id, api_key_id, family, slots_ms)
     WHERE w.tenant_id = v.tenant_id AND w.api_key_id = v.api_key_id AND w.family = v.family
  ), used_up AS (
    DELETE FROM booked_slots WHERE id = ANY ($5::uuid[])
  )
  INSERT INTO booked_slots (tenant_id, id, api_key_id, family, body_sha256, promised_ms, told_ms)
  SELECT v.tenant_id, v.id, v.api_key_id, v.family, decode(v.body, 'hex'), v.promised_ms, v.told_ms
    FROM unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::bigint[], $12::bigint[])
         AS v (tenant_id, id, api_key_id, family, body, promised_ms, told_ms)
  ON CONFLICT (tenant_id, id) DO UPDATE SET promised_ms = excluded.promised_ms, told_ms = excluded.told_ms`;

function keyOf({ tenantId, apiKeyId, family }: Pick<LimitedKey, 'tenantId' | 'apiKeyId' | 'family'>): string {
  return `${tenantId}/${apiKeyId}/${family}`;
}

function isResend({ once }: SubmitCommand): boolean {
  return once?.by === 'tries' && once.triesBefore > 0;
}
