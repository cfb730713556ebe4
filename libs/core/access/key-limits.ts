/** What one API key may do with the models of one family. Infinity: not limited. */
export interface FamilyLimits {
  /** Generations that have not ended. */
  concurrent: number;
  createsPerMinute: number;
}

/** What a key was given for itself; null leaves it to the plan. */
export interface OwnLimits {
  createsPerMinute: number | null;
  maxConcurrent: number | null;
}

/**
 * Limits of each key by its tenant's plan and the model family; a family that a plan does not name is not limited.
 * `build` are the published limits of Dream Machine's tier of that name. `scale` is bounded by the tenant's credits only.
 */
const LIMIT_PLANS: Readonly<Record<string, Readonly<Record<string, FamilyLimits>>>> = {
  scale: {},
  build: { ray: { concurrent: 10, createsPerMinute: 20 }, photon: { concurrent: 40, createsPerMinute: 80 } },
};

/** What a plan limits, family by family; nothing when it is bounded by credits only. */
export function limitsOfPlan(plan: string): { family: string; concurrent: number; createsPerMinute: number }[] {
  return Object.entries(LIMIT_PLANS[plan] ?? {}).map(([family, limits]) => ({ family, ...limits }));
}

/** The lower of the plan's limits and the key's own; null when nothing limits this key on this family. */
export function limitsOf(plan: string, own: OwnLimits | undefined, family: string): FamilyLimits | null {
  const ofPlan = LIMIT_PLANS[plan];
  if (!ofPlan) throw new Error(`no such limit plan: ${plan}`);
  const unlimited = { concurrent: Number.POSITIVE_INFINITY, createsPerMinute: Number.POSITIVE_INFINITY };
  const { concurrent, createsPerMinute } = ofPlan[family] ?? unlimited;
  const limits = {
    concurrent: Math.min(concurrent, own?.maxConcurrent ?? concurrent),
    createsPerMinute: Math.min(createsPerMinute, own?.createsPerMinute ?? createsPerMinute),
  };
  return limits.concurrent === Number.POSITIVE_INFINITY && limits.createsPerMinute === Number.POSITIVE_INFINITY ? null : limits;
}
