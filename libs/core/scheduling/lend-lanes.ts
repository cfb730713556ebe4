import type { ServiceTier } from '#core/catalog/service-tiers';
import { admitTo, type Draft } from '#core/scheduling/draft';
import { isGuaranteedTier } from '#core/scheduling/service-tier';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** Rule 3: what guarantees leave free is used by the owner's own other work first, then shared, then flex. */
export function lendLanes(draft: Draft): void {
  if (draft.board.freeLanes === 0) return;
  if (draft.view.ownersWithIdleUnits.size > 0) {
    const owners = [...draft.view.ownersWithIdleUnits].sort((one, other) => (one.tenantId < other.tenantId ? -1 : 1));
    for (const tier of ['shared', 'flex'] as const) for (const owner of owners) fillOwnUnits(draft, owner, tier);
  }
  draft.queues.open(({ tier }) => tier !== 'flex');
  share(draft);
  draft.queues.open(({ tier }) => tier === 'flex');
  share(draft);
}

function fillOwnUnits(draft: Draft, owner: TenantQueue, wanted: ServiceTier): void {
  const { board, queues } = draft;
  for (;;) {
    const idleUnits = queues.idleUnits(owner);
    if (draft.admit.length >= draft.maxAdmissions || board.freeLanes === 0) return;
    const head = queues.bestHead(owner, ({ tier, gangLanes }) => tier === wanted && !isGuaranteedTier(tier) && gangLanes <= idleUnits);
    if (!head) return;
    const node = board.find(head.generation);
    if (!node) return; // shared lending may still find a place for others of its work
    admitTo(draft, head.generation, board.take(node, head.generation.gangLanes), 'own');
    queues.takeOwn({ tenant: owner, head });
  }
}

/** Rule 2: the least served tenant first, whose best generation that fits is admitted. */
function share(draft: Draft): void {
  const { board, queues, view } = draft;
  let borrowedLanes = view.borrowedLanes;
  for (const { servedFrom, laneIds } of draft.admit) if (servedFrom !== 'own') borrowedLanes += laneIds.length;
  while (draft.admit.length < draft.maxAdmissions && board.freeLanes > 0) {
    const next = queues.next((generation) => board.findResident(generation) !== undefined);
    if (!next) return;
    const { generation } = next.head;
    const node = board.find(generation);
    if (!node) {
      queues.close(next.head);
      continue;
    }
    if (isHeldBack(draft, generation)) {
      queues.passOver(next);
      continue;
    }
    const { gangLanes } = generation;
    admitTo(draft, generation, board.take(node, gangLanes), borrowedLanes + gangLanes <= view.sharedLanes ? 'shared' : 'lent');
    borrowedLanes += gangLanes;
    queues.takeBorrowed(next);
  }
}

/** Rule 7: recalled by an owner a moment ago, it is given no lane that this owner's idle units may want next. */
function isHeldBack({ view, now, board, queues }: Draft, { heldBack, gangLanes }: WaitingGeneration): boolean {
  if (!heldBack || now >= heldBack.untilMs) return false;
  const owner = view.tenantQueue(heldBack.ownerId);
  return owner !== undefined && board.freeLanes - gangLanes < queues.idleUnits(owner);
}
