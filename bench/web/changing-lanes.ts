import { cellOf, packCells } from '#core/capacity/lane-cells';
import { HotPool } from '#platform/database/hot-pool';

const NODES = 125;
const LANES_PER_NODE = 80;
const CHANGE_EVERY_MS = 1_000;
/** Of the lanes, those that do something else with each change. */
const CHANGED_PART = 0.02;

/** Stands in for a leader of 10,000 lanes: writes what they do once a second, as a leader does, and remembers when each version was committed. */
export class ChangingLanes {
  static readonly lanes = NODES * LANES_PER_NODE;
  /** Lanes on own units → when the version that shows so many was committed, in ms since 1970. */
  readonly committedAtMs = new Map<number, number>();
  private readonly cells = new Uint16Array(ChangingLanes.lanes).fill(cellOf('idle'));
  private readonly pool: HotPool;
  private version = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    ownerUrl: string,
    private readonly poolClass: string,
    private readonly tenantId: string,
  ) {
    this.pool = new HotPool({ url: ownerUrl, applicationName: 'halogen-bench-lanes', maxConnections: 1 });
  }

  async start(): Promise<void> {
    await this.pool.query(
      `INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, 'bench', 1000) ON CONFLICT DO NOTHING`,
      [this.poolClass],
    );
    await this.pool.query('INSERT INTO live_lane_slots VALUES ($1, 1, $2)', [this.poolClass, this.tenantId]);
    await this.write();
    this.changeEvery(CHANGE_EVERY_MS);
  }

  /** A leader writes once a second; more often makes the repaints of an hour in less. */
  changeEvery(ms: number): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.write(), ms);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.pool.close();
  }

  /** Every version has another number of lanes on own units, by which a page that shows it is known. */
  private async write(): Promise<void> {
    this.version += 1;
    const changed = Math.floor(ChangingLanes.lanes * CHANGED_PART);
    for (let at = 0; at < changed; at += 1) {
      const place = Math.floor(Math.random() * ChangingLanes.lanes);
      this.cells[place] = cellOf(at % 2 === 0 ? 'lent' : 'shared', 1);
    }
    const own = this.version % (ChangingLanes.lanes / 2);
    for (let place = 0; place < own; place += 1) this.cells[place] = cellOf('own', 1);
    for (let place = own; place < ChangingLanes.lanes; place += 1)
      if (this.cells[place] === cellOf('own', 1)) this.cells[place] = cellOf('idle');
    const ranges = Array.from({ length: NODES }, (_, node) => ({ siteId: 'bench', nodeId: `bench-${node}`, lanes: LANES_PER_NODE }));
    await this.pool.query(
      `INSERT INTO live_lanes (pool_class, epoch, version, ranges, cells, written_at) VALUES ($1, 1, $2, $3, $4, now())
       ON CONFLICT (pool_class) DO UPDATE SET version = excluded.version, cells = excluded.cells, written_at = excluded.written_at`,
      [this.poolClass, this.version, JSON.stringify(ranges), packCells(this.cells)],
    );
    this.committedAtMs.set(own, Date.now());
  }
}
