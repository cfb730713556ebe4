import type { LeaseRef } from '#core/generations/lease';
import type { NodeFacts } from '#core/scheduling/changes';
import type { Draft } from '#core/scheduling/draft';
import { DraftBoard } from '#core/scheduling/draft-board';
import { DraftQueues } from '#core/scheduling/draft-queues';
import type { Heap, HeapReader } from '#core/scheduling/heap';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { keepGuarantees } from '#core/scheduling/keep-guarantees';
import type { LaneBoard } from '#core/scheduling/lane-board';
import { lendLanes } from '#core/scheduling/lend-lanes';
import { MAX_ADMISSIONS_PER_PLAN } from '#core/scheduling/limits';
import type { ServedFrom } from '#core/scheduling/service-tier';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import type { Shape, WaitingGeneration } from '#core/scheduling/waiting-generation';

/** What waits in one shape and may borrow: tenants, the least served first. */
export interface WaitingShape {
  readonly shape: Shape;
  readonly tenants: Heap<TenantQueue>;
}

/** What the planner reads. Nothing in it is changed by planning. */
export interface SchedulingView {
  readonly waitingByShape: ReadonlyMap<string, WaitingShape>;
  /** Free lanes of usable nodes. */
  readonly board: LaneBoard;
  /** Tenants with work that their units must serve at once. */
  readonly tenantsBelowGuarantee: ReadonlySet<TenantQueue>;
  /** Owners of idle units with other work of their own. */
  readonly ownersWithIdleUnits: ReadonlySet<TenantQueue>;
  /** Leases that may be recalled, the youngest first. */
  readonly borrowers: Heap<IndexedLease>;
  /** Node → lanes whose lease has ended and which are free any moment. */
  readonly dyingLanes: ReadonlyMap<string, number>;
  /** Lanes that nobody's units claim, and lanes held by work on lanes that are not its own. */
  readonly sharedLanes: number;
  readonly borrowedLanes: number;
  /** What a tenant may have of shared lanes before the next one's turn, in lane-milliseconds per weight. */
  readonly turnShare: number;
  tenantQueue(tenantId: string): TenantQueue | undefined;
  nodeFacts(nodeId: string): NodeFacts | undefined;
  /** Of a usable node, in the order in which they are given away. Valid until the view changes. */
  freeLanesOf(nodeId: string): HeapReader<{ readonly laneId: string }>;
  leasesOn(nodeId: string): ReadonlySet<Readonly<IndexedLease>>;
  knownNodes(): readonly string[];
  /** Expected run time of a generation on its lanes. */
  estimateMs(generation: WaitingGeneration): number;
}

export interface Admission {
  tenantId: string;
  generationId: string;
  nodeId: string;
  laneIds: readonly string[];
  servedFrom: ServedFrom;
  estimatedMs: number;
  waitedMs: number;
}

export interface Recall extends LeaseRef {
  nodeId: string;
  /** Whose units take the lanes back. */
  ownerId: string;
}

export interface Plan {
  admit: Admission[];
  recall: Recall[];
}

/**
 * What should start now, and what must give its lanes back. First guarantees, then lending; `docs/planner.md` has the rules and their reasons.
 * Reads as many entries as it admits, whatever the length of the queue.
 * @param now milliseconds since 1970
 */
export function plan(view: SchedulingView, now: number, maxAdmissions = MAX_ADMISSIONS_PER_PLAN): Plan {
  const draft: Draft = { view, now, maxAdmissions, board: new DraftBoard(view), queues: new DraftQueues(view), admit: [], recall: [] };
  keepGuarantees(draft);
  lendLanes(draft);
  return { admit: draft.admit, recall: draft.recall };
}
