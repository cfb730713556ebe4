import { packCells } from '#core/capacity/lane-cells';
import { USE_SERIES, type UseBlock, type UseColumns, UseRecorder } from '#core/capacity/use-blocks';
import { LaneUse } from '#core/scheduling/lane-use';
import type { Leadership } from '#features/scheduling/leadership';
import { LANE_PICTURES_KEPT_S, LOOK_AT_LANES_EVERY_MS, MAX_OLD_USE_AT_ONCE } from '#features/scheduling/limits';
import type { Tx } from '#platform/database/tx';

const MINUTE_MS = 60_000;

/** What a turn has to write of its lanes, or nothing. */
export type LaneWrite = (tx: Tx) => Promise<void>;

/** Shows what the lanes of a pool class do, once a second and only if it changed, and records what they are used for. */
export class LaneRecord {
  readonly use = new LaneUse();
  private readonly recorder = new UseRecorder();
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private writtenVersion = -1;
  private writtenSlots = -1;
  private prunedMinute = -1;
  private picturedMinute = -1;

  constructor(private readonly leadership: Leadership) {}

  /** @param nowMs monotonic @param wallMs since 1970 @returns undefined when there is nothing to write */
  due(nowMs: number, wallMs: number): LaneWrite | undefined {
    if (nowMs - this.lookedAtMs < LOOK_AT_LANES_EVERY_MS) return undefined;
    this.lookedAtMs = nowMs;
    const blocks = this.recorder.note(wallMs, new Map([[null, this.use.ofPool()], ...this.use.byTenant()]));
    const isChanged = this.use.version !== this.writtenVersion;
    const minute = Math.floor(wallMs / MINUTE_MS);
    const isPictureDue = minute !== this.picturedMinute && this.use.ranges.length > 0;
    if (!isChanged && !isPictureDue && blocks.length === 0) return undefined;
    return async (tx) => {
      if (isChanged) await this.writeLanes(tx);
      if (isPictureDue) await this.keepPicture(tx, minute);
      if (blocks.length > 0) await this.writeUse(tx, blocks, wallMs);
    };
  }

  /** One a minute, whether or not anything changed: the one before a moment is never older than that. */
  private async keepPicture(tx: Tx, minute: number): Promise<void> {
    const { ranges, cells, slots } = this.use;
    await tx.query(
      `WITH old AS (DELETE FROM lane_pictures WHERE pool_class = $1 AND taken_at < $2::timestamptz - ${LANE_PICTURES_KEPT_S} * interval '1 second')
       INSERT INTO lane_pictures (pool_class, taken_at, ranges, slots, cells) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
      [
        this.leadership.poolClass,
        new Date(minute * MINUTE_MS),
        JSON.stringify(ranges),
        JSON.stringify(Object.fromEntries(slots)),
        packCells(cells),
      ],
    );
    this.picturedMinute = minute;
  }

  private async writeLanes(tx: Tx): Promise<void> {
    const { poolClass, epoch } = this.leadership;
    const { version, ranges, cells, slots } = this.use;
    if (slots.size !== this.writtenSlots) {
      await tx.query(
        `WITH gone AS (DELETE FROM live_lane_slots WHERE pool_class = $1 AND slot <> ALL ($2::integer[]))
         INSERT INTO live_lane_slots (pool_class, slot, tenant_id) SELECT $1, * FROM unnest($2::integer[], $3::uuid[])
         ON CONFLICT (pool_class, slot) DO UPDATE SET tenant_id = excluded.tenant_id`,
        [poolClass, [...slots.keys()], [...slots.values()]],
      );
    }
    await tx.query(
      `INSERT INTO live_lanes (pool_class, epoch, version, ranges, cells, written_at) VALUES ($1, $2, $3, $4, $5, now())
       ON CONFLICT (pool_class) DO UPDATE
       SET epoch = excluded.epoch, version = excluded.version, ranges = excluded.ranges, cells = excluded.cells, written_at = excluded.written_at`,
      [poolClass, epoch, version, JSON.stringify(ranges), packCells(cells)],
    );
    this.writtenVersion = version;
    this.writtenSlots = slots.size;
  }

  private async writeUse(tx: Tx, blocks: readonly UseBlock[], wallMs: number): Promise<void> {
    const { poolClass } = this.leadership;
    const ofTenants = blocks.filter(({ tenantId }) => tenantId !== null);
    const ofPool = blocks.filter(({ tenantId }) => tenantId === null);
    await tx.query(
      `INSERT INTO pool_use (pool_class, step_s, starts_at, own, lent, shared, flex, idle)
       SELECT $1, step_s, starts_at, ${COLUMNS} FROM ${blockRows(2)} ON CONFLICT DO NOTHING`,
      [poolClass, ...blockParameters(ofPool)],
    );
    await tx.query(
      `INSERT INTO tenant_use (tenant_id, pool_class, step_s, starts_at, own, lent, shared, flex, idle)
       SELECT tenant_id::uuid, $1, step_s, starts_at, ${COLUMNS} FROM ${blockRows(2)} ON CONFLICT DO NOTHING`,
      [poolClass, ...blockParameters(ofTenants)],
    );
    const minute = Math.floor(wallMs / MINUTE_MS);
    if (minute !== this.prunedMinute) await this.prune(tx);
    this.prunedMinute = minute;
  }

  private async prune(tx: Tx): Promise<void> {
    for (const [table, key] of [
      ['pool_use', 'pool_class, step_s, starts_at'],
      ['tenant_use', 'tenant_id, pool_class, step_s, starts_at'],
    ] as const) {
      await tx.query(
        `DELETE FROM ${table} WHERE (${key}) IN (
           SELECT ${key.replace(/\w+/g, 'u.$&')} FROM unnest($1::integer[], $2::integer[]) AS s (step_s, kept_s)
             JOIN ${table} u ON u.step_s = s.step_s AND u.starts_at < now() - s.kept_s * interval '1 second' LIMIT ${MAX_OLD_USE_AT_ONCE})`,
        [USE_SERIES.map(({ stepS }) => stepS), USE_SERIES.map(({ keptS }) => keptS)],
      );
    }
  }
}

const KINDS = ['own', 'lent', 'shared', 'flex', 'idle'] as const satisfies readonly (keyof UseColumns)[];
const COLUMNS = KINDS.map((kind) => `${kind}::real[]`).join(', ');

/** Arrays of points come as literals: `unnest` would flatten arrays. */
function blockRows(first: number): string {
  const types = ['text', 'integer', 'timestamptz', ...KINDS.map(() => 'text')];
  return `unnest(${types.map((type, at) => `$${first + at}::${type}[]`).join(', ')}) AS b (tenant_id, step_s, starts_at, ${KINDS.join(', ')})`;
}

function blockParameters(blocks: readonly UseBlock[]): unknown[] {
  return [
    blocks.map(({ tenantId }) => tenantId),
    blocks.map(({ stepS }) => stepS),
    blocks.map(({ startsAtMs }) => new Date(startsAtMs)),
    ...KINDS.map((kind) => blocks.map(({ columns }) => `{${columns[kind].join(',')}}`)),
  ];
}
