import type { ExplainedGeneration } from '#contracts/admin/scheduling';
import type { GenerationMeters, GenerationWait } from '#contracts/native/generations';
import { WAIT_CHANGES, whatWouldChange } from '#core/scheduling/what-would-change';
import type { GenerationEntity } from '#features/generations/generation.entity';
import type { GenerationMeters as Meters } from '#features/scheduling/generation-meters.service';

export function metersView(meters: Meters): GenerationMeters {
  return {
    state: meters.state,
    serviceTier: meters.serviceTier,
    servedFrom: meters.servedFrom,
    estimatedBurnLaneMs: meters.estimatedBurnLaneMs,
    actualBurnLaneMs: meters.actualBurnLaneMs,
    units: meters.units,
    unitsInUse: meters.unitsInUse,
    wait: waitView(meters),
  };
}

/** The same for operators, with what each rule of the planner found. */
export function explainedView(meters: Meters): ExplainedGeneration {
  const rules = meters.wait?.rules;
  return { ...metersView(meters), rules: rules ? { ...rules, readAt: new Date(rules.readAt).toISOString() } : null };
}

export function waitView({ wait, serviceTier }: Meters): GenerationWait | null {
  if (!wait) return null;
  const { reason, position, isFirstOfItsTenant } = wait;
  const changes = whatWouldChange(reason, serviceTier, isFirstOfItsTenant);
  return {
    reason,
    position,
    startP50: timeOf(wait.startP50),
    startP90: timeOf(wait.startP90),
    wouldChange: changes.map((change) => ({ change, detail: WAIT_CHANGES[change] })),
  };
}

/** What is known of a generation that was queued a moment ago without asking anybody. */
export function submittedHeaders({
  serviceTier,
  burnLaneMs,
}: Pick<GenerationEntity, 'serviceTier' | 'burnLaneMs'>): Record<string, string> {
  return { 'x-halogen-tier': serviceTier, 'x-halogen-estimated-burn-lane-ms': String(burnLaneMs) };
}

/** The same for surfaces whose bodies are not ours. What is not known has no header. */
export function metersHeaders(meters: Meters): Record<string, string> {
  const { wait, ...view } = metersView(meters);
  const told = {
    'x-halogen-tier': view.serviceTier,
    'x-halogen-served-from': view.servedFrom,
    'x-halogen-estimated-burn-lane-ms': view.estimatedBurnLaneMs,
    'x-halogen-actual-burn-lane-ms': view.actualBurnLaneMs,
    'x-halogen-units': view.units,
    'x-halogen-units-in-use': view.unitsInUse,
    'x-halogen-wait-reason': wait?.reason,
    'x-halogen-queue-position': wait?.position,
    'x-halogen-start-p50': wait?.startP50,
    'x-halogen-start-p90': wait?.startP90,
  };
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]])),
  );
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
