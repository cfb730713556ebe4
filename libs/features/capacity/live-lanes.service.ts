import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { type LaneRange, onlySlots, unpackCells } from '#core/capacity/lane-cells';
import { MAX_LIVE_VIEWS, MAX_TENANTS_VIEWED } from '#features/capacity/limits';
import { isPlatformStaff, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

/** The leader writes once a second: a look and a repaint together stay well under another. */
const LOOK_EVERY_MS = 250;

export interface LaneSlot {
  slot: number;
  tenantId: string;
  name: string;
}

/** The lanes of a pool class that one viewer may see. */
export interface LanesView {
  poolClass: string;
  /** Grows; a leader that took over counts anew under its own epoch. */
  epoch: string;
  version: string;
  writtenAt: Date;
  ranges: LaneRange[];
  /** Of the viewer's tenants alone, or all for the platform's staff. */
  slots: LaneSlot[];
  cells: Uint16Array;
}

interface LanesRow {
  epoch: string;
  version: string;
  writtenAt: Date;
  ranges: LaneRange[];
  cells: Uint16Array;
}

/** Whose lanes a viewer sees; null: everybody's. */
type Scope = { tenantIds: readonly string[] } | null;

const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'There is no such pool class, or no scheduler has led it yet' };

const NOT_KEPT: NamedRefusal = { refused: 'not_found', detail: 'No picture of the lanes is kept of that moment' };
/** Without a leader no pictures are taken: an older one would show what was not so any more. */
const PICTURE_STANDS_FOR_MS = 2 * 60_000;

/** The lanes of a pool class, live. However many look, the database is read four times a second and pool class, and only while anybody looks. */
@Injectable()
export class LiveLanesService implements OnModuleDestroy {
  private readonly followed = new Map<string, FollowedPool>();
  private views = 0;

  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  onModuleDestroy(): void {
    for (const pool of this.followed.values()) clearInterval(pool.timer);
  }

  async now(caller: Caller, tenant: string | undefined, poolClass: string): Promise<LanesView | NamedRefusal> {
    const scope = await this.scopeOf(caller, tenant);
    if (scope && 'refused' in scope) return scope;
    const row = await this.read(poolClass);
    return row ? this.viewOf(poolClass, row, scope) : NOT_FOUND;
  }

  /** As they were at a moment of the last day, to the minute: for the platform's staff, who alone see whole pool classes. */
  async at(caller: Caller, poolClass: string, at: Date): Promise<LanesView | NamedRefusal> {
    if (!isPlatformStaff(caller)) return NOT_KEPT;
    const [picture] = await this.db.query<{ takenAt: Date; ranges: LaneRange[]; slots: LaneSlot[]; cells: Buffer }>(
      'SELECT taken_at AS "takenAt", ranges, slots, cells FROM lane_picture($1, $2)',
      [poolClass, at],
    );
    if (!picture || at.getTime() - picture.takenAt.getTime() > PICTURE_STANDS_FOR_MS) return NOT_KEPT;
    const { takenAt, ranges, slots, cells } = picture;
    return { poolClass, epoch: '0', version: '0', writtenAt: takenAt, ranges, slots, cells: unpackCells(cells) };
  }

  /**
   * Tells a viewer of each change until the returned function is called.
   * @param show gets the view as it is now first; its slots only grow while the epoch is the same
   */
  async follow(
    caller: Caller,
    tenant: string | undefined,
    poolClass: string,
    show: (view: LanesView) => void,
  ): Promise<(() => void) | NamedRefusal> {
    if (this.views >= MAX_LIVE_VIEWS)
      return { refused: 'limit_reached', detail: `This process serves at most ${MAX_LIVE_VIEWS} live views` };
    const scope = await this.scopeOf(caller, tenant);
    if (scope && 'refused' in scope) return scope;
    const first = await this.read(poolClass);
    if (!first) return NOT_FOUND;
    show(await this.viewOf(poolClass, first, scope));
    const pool = this.poolOf(poolClass, first);
    const viewer = async (row: LanesRow) => show(await this.viewOf(poolClass, row, scope));
    pool.viewers.add(viewer);
    this.views += 1;
    let isFollowing = true;
    return () => {
      if (!isFollowing) return;
      isFollowing = false;
      this.views -= 1;
      pool.viewers.delete(viewer);
      if (pool.viewers.size > 0) return;
      clearInterval(pool.timer);
      this.followed.delete(poolClass);
    };
  }

  private poolOf(poolClass: string, first: LanesRow): FollowedPool {
    const known = this.followed.get(poolClass);
    if (known) return known;
    const pool: FollowedPool = {
      viewers: new Set(),
      last: first,
      isLooking: false,
      timer: setInterval(() => void this.look(poolClass), LOOK_EVERY_MS),
    };
    this.followed.set(poolClass, pool);
    return pool;
  }

  /** A look that fails is made up for by the next. */
  private async look(poolClass: string): Promise<void> {
    const pool = this.followed.get(poolClass);
    if (!pool || pool.isLooking) return;
    pool.isLooking = true;
    try {
      const row = await this.read(poolClass, pool.last);
      if (!row) return;
      pool.last = row;
      await Promise.all([...pool.viewers].map((viewer) => viewer(row)));
    } catch {
      // the viewer's picture stays as it was, with its time
    } finally {
      pool.isLooking = false;
    }
  }

  /** @param than only when there is something newer */
  private async read(poolClass: string, than?: LanesRow): Promise<LanesRow | undefined> {
    const [row] = await this.db.query<Omit<LanesRow, 'cells'> & { cells: Buffer }>(
      `SELECT epoch, version, written_at AS "writtenAt", ranges, cells FROM live_lanes
        WHERE pool_class = $1 AND ($2::bigint IS NULL OR (epoch, version) <> ($2, $3::bigint))`,
      [poolClass, than?.epoch ?? null, than?.version ?? null],
    );
    return row && { ...row, cells: unpackCells(row.cells) };
  }

  private async viewOf(poolClass: string, row: LanesRow, scope: Scope): Promise<LanesView> {
    const slots = scope ? await this.slotsOf(poolClass, scope.tenantIds) : await this.allSlots(poolClass);
    const seen = scope ? onlySlots(row.ranges, row.cells, new Set(slots.map(({ slot }) => slot))) : row;
    return { poolClass, epoch: row.epoch, version: row.version, writtenAt: row.writtenAt, slots, ranges: seen.ranges, cells: seen.cells };
  }

  private async slotsOf(poolClass: string, tenantIds: readonly string[]): Promise<LaneSlot[]> {
    return this.db.transaction('live lane slots', tenantIds, (tx) =>
      tx.query<LaneSlot>(
        `SELECT s.slot, s.tenant_id AS "tenantId", t.name FROM live_lane_slots s JOIN tenants t ON t.id = s.tenant_id
          WHERE s.pool_class = $1 ORDER BY s.slot`,
        [poolClass],
      ),
    );
  }

  private async allSlots(poolClass: string): Promise<LaneSlot[]> {
    return this.db.query<LaneSlot>('SELECT slot, tenant_id AS "tenantId", name FROM all_live_lane_slots($1) ORDER BY slot', [poolClass]);
  }

  private async scopeOf(caller: Caller, tenant: string | undefined): Promise<Scope | NamedRefusal> {
    if (isPlatformStaff(caller) && tenant === undefined) return null;
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const brands = await this.db.transaction('brands', [reached.tenantId], (tx) =>
      tx.query<{ id: string }>(`SELECT id FROM brands_of($1) LIMIT ${MAX_TENANTS_VIEWED}`, [reached.tenantId]),
    );
    return { tenantIds: [reached.tenantId, ...brands.map(({ id }) => id)] };
  }
}

interface FollowedPool {
  viewers: Set<(row: LanesRow) => Promise<void>>;
  last: LanesRow;
  isLooking: boolean;
  timer: NodeJS.Timeout;
}
