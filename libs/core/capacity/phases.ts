import type { Day, DayRange } from '#core/capacity/days';
import { changesOf, changesOfSteps, type Steps, stepsFrom, stepsOf, valueOn } from '#core/capacity/steps';

/** Nodes of a site that are powered on together. */
export interface SitePhase {
  siteId: string;
  powersOn: Day;
  nodes: number;
  lanesPerNode: number;
}

/** Lanes that a site lacks for some days. */
export interface CapacityCut extends DayRange {
  siteId: string;
  kind: CutKind;
  lanes: number;
}

export const CUT_KINDS = ['maintenance', 'failure', 'delay', 'removal'] as const;
/** A failure is what spares are for; the others come on top. */
export type CutKind = (typeof CUT_KINDS)[number];

/** Where one pool class comes from. */
export interface Supply {
  phases: readonly SitePhase[];
  cuts: readonly CapacityCut[];
  /** One node of so many is kept spare at each site, and at least one. */
  spareOneNodeIn: number;
}

/** What may be sold on each day: what is powered on, less spares, less what is cut. Each site by itself: a spare elsewhere helps nobody here. */
export function capacityOf({ phases, cuts, spareOneNodeIn }: Supply): Steps {
  const siteIds = [...new Set(phases.map(({ siteId }) => siteId))];
  return stepsOf(
    siteIds.flatMap((siteId) =>
      changesOfSteps(
        capacityOfSite(
          phases.filter((phase) => phase.siteId === siteId),
          cuts.filter((cut) => cut.siteId === siteId),
          spareOneNodeIn,
        ),
      ),
    ),
  );
}

/** Whether a cut leaves nothing of what its site has powered on when it begins. */
export function takesSite({ phases }: Pick<Supply, 'phases'>, { siteId, lanes, startsOn }: Omit<CapacityCut, 'endsOn' | 'kind'>): boolean {
  const powered = phases.filter((phase) => phase.siteId === siteId && phase.powersOn <= startsOn);
  return powered.length > 0 && lanes >= powered.reduce((sum, { nodes, lanesPerNode }) => sum + nodes * lanesPerNode, 0);
}

function capacityOfSite(phases: readonly SitePhase[], cuts: readonly CapacityCut[], spareOneNodeIn: number): Steps {
  const nodes = stepsOf(phases.map((phase) => ({ day: phase.powersOn, delta: phase.nodes })));
  const lanes = stepsOf(phases.map((phase) => ({ day: phase.powersOn, delta: phase.nodes * phase.lanesPerNode })));
  const largestNode = Math.max(...phases.map(({ lanesPerNode }) => lanesPerNode));
  const failed = stepsOf(cuts.filter(({ kind }) => kind === 'failure').flatMap((cut) => changesOf(cut, cut.lanes)));
  const planned = stepsOf(cuts.filter(({ kind }) => kind !== 'failure').flatMap((cut) => changesOf(cut, cut.lanes)));

  const sellableOn = (day: Day) => {
    const spares = Math.ceil(valueOn(nodes, day) / spareOneNodeIn) * largestNode;
    // A cut of more than is there leaves nothing, and takes nothing from other sites.
    return Math.max(0, valueOn(lanes, day) - valueOn(planned, day) - Math.max(spares, valueOn(failed, day)));
  };
  return stepsFrom(
    [lanes, failed, planned].flatMap((steps) => steps.map(({ day }) => day)),
    sellableOn,
  );
}
