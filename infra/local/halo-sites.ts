import type { Tx } from '#platform/database/tx';

/** One node of Halo here is a rack whose accelerators each serve one lane. */
interface HaloPhase {
  siteId: string;
  poolClass: string;
  phase: number;
  powersOn: string;
  nodes: number;
  lanesPerNode: number;
  megawatts: number;
}

interface HaloSite {
  id: string;
  name: string;
  region: string;
  jurisdiction: string;
}

/** Sample data: a campus that grows from 2026 to 2029 up to 2 GW. Megawatts are of the whole site, cooling included. */
export const HALO_SITES: readonly HaloSite[] = [
  { id: 'halo-north', name: 'Halo North', region: 'me-central', jurisdiction: 'sa' },
  { id: 'halo-south', name: 'Halo South', region: 'me-central', jurisdiction: 'sa' },
];
export const HALO_POOL_CLASSES = [
  { poolClass: 'halo-gb300', accelerator: 'GB300 (rack of 72)', spareOneNodeIn: 32 },
  { poolClass: 'halo-vr200', accelerator: 'VR200 (rack of 144)', spareOneNodeIn: 32 },
] as const;
export const HALO_PHASES: readonly HaloPhase[] = [
  { siteId: 'halo-north', poolClass: 'halo-gb300', phase: 1, powersOn: '2026-03-01', nodes: 560, lanesPerNode: 72, megawatts: 100 },
  { siteId: 'halo-north', poolClass: 'halo-gb300', phase: 2, powersOn: '2026-10-01', nodes: 1_120, lanesPerNode: 72, megawatts: 200 },
  { siteId: 'halo-south', poolClass: 'halo-gb300', phase: 1, powersOn: '2027-06-01', nodes: 1_680, lanesPerNode: 72, megawatts: 300 },
  { siteId: 'halo-south', poolClass: 'halo-vr200', phase: 1, powersOn: '2028-01-01', nodes: 1_600, lanesPerNode: 144, megawatts: 400 },
  { siteId: 'halo-north', poolClass: 'halo-vr200', phase: 1, powersOn: '2028-10-01', nodes: 2_000, lanesPerNode: 144, megawatts: 500 },
  { siteId: 'halo-south', poolClass: 'halo-vr200', phase: 2, powersOn: '2029-06-01', nodes: 2_000, lanesPerNode: 144, megawatts: 500 },
];

/** May run again: what is there stays as it is. */
export async function seedHaloSites(tx: Tx): Promise<void> {
  for (const { id, name, region, jurisdiction } of HALO_SITES) {
    await tx.query('INSERT INTO sites (id, name, region, jurisdiction) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
      id,
      name,
      region,
      jurisdiction,
    ]);
  }
  for (const book of HALO_POOL_CLASSES) await seedOrderBook(tx, book);
  for (const phase of HALO_PHASES) await seedPhase(tx, phase);
}

export async function seedOrderBook(tx: Tx, book: { poolClass: string; accelerator: string; spareOneNodeIn: number }): Promise<void> {
  await tx.query('INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    book.poolClass,
    book.accelerator,
    book.spareOneNodeIn,
  ]);
}

export async function seedPhase(tx: Tx, phase: HaloPhase): Promise<void> {
  await tx.query(
    `INSERT INTO site_phases (site_id, pool_class, phase, powers_on, nodes, lanes_per_node, megawatts)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [phase.siteId, phase.poolClass, phase.phase, phase.powersOn, phase.nodes, phase.lanesPerNode, phase.megawatts],
  );
}
