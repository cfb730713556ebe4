/** What one tenant has of a pool class at one moment, in lanes. */
export interface UnitsNow {
  units: number;
  ownLanes: number;
}

/** Percent of the price of a unit's time that its owner is credited for time in which it was lent. */
const LENDING_CREDIT_PCT = 10n;

/** Whose idle units are lent: lanes that are lent belong to no owner in particular, so each idle unit is lent as much as another. */
export function lentUnits({ units, ownLanes }: UnitsNow, all: readonly UnitsNow[], lentLanes: number): number {
  const idle = all.reduce((sum, one) => sum + idleUnits(one), 0);
  return idle === 0 ? 0 : (idleUnits({ units, ownLanes }) / idle) * Math.min(lentLanes, idle);
}

/** @param lentUnitMinutes of a month @param unitMinutes all that the price is for */
export function lendingCredit(lentUnitMinutes: number, unitMinutes: number, priceMicro: bigint): bigint {
  if (unitMinutes <= 0) return 0n;
  const lentMillionths = BigInt(Math.round((Math.min(lentUnitMinutes, unitMinutes) / unitMinutes) * 1_000_000));
  return (priceMicro * lentMillionths * LENDING_CREDIT_PCT) / 100_000_000n;
}

function idleUnits({ units, ownLanes }: UnitsNow): number {
  return Math.max(0, units - ownLanes);
}
