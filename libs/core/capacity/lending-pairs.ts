/** Means over a minute of what one tenant has of a pool class, in lanes. */
export interface LentAndBorrowed {
  tenantId: string;
  lentUnits: number;
  borrowedLanes: number;
}

export interface Lending {
  lenderId: string;
  borrowerId: string;
  /** Lanes, over the time of the means. */
  lanes: number;
}

/**
 * Who lent to whom: a lane that is lent is of no owner in particular, so what a tenant borrows comes from all others in parts as large as what they lend.
 * @param most of the pairs are told, the largest first
 */
export function lendingPairs(ofPool: readonly LentAndBorrowed[], most: number): Lending[] {
  const lenders = ofPool.filter(({ lentUnits }) => lentUnits > 0);
  const lentLanes = lenders.reduce((sum, { lentUnits }) => sum + lentUnits, 0);
  return ofPool
    .filter(({ borrowedLanes }) => borrowedLanes > 0)
    .flatMap(({ tenantId, borrowedLanes }) => {
      const own = lenders.find((one) => one.tenantId === tenantId)?.lentUnits ?? 0;
      return lenders
        .filter((lender) => lender.tenantId !== tenantId)
        .map((lender) => ({
          lenderId: lender.tenantId,
          borrowerId: tenantId,
          lanes: (borrowedLanes * lender.lentUnits) / (lentLanes - own),
        }));
    })
    .sort((a, b) => b.lanes - a.lanes)
    .slice(0, most);
}
