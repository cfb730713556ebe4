import type { GenerationMeters } from '#contracts/native/generations';
import type { GenerationMeters as Meters } from '#features/scheduling/generation-meters.service';

export function metersView({ wait, ...meters }: Meters): GenerationMeters {
  return {
    state: meters.state,
    service_tier: meters.serviceTier,
    served_from: meters.servedFrom,
    estimated_burn_lane_ms: meters.estimatedBurnLaneMs,
    actual_burn_lane_ms: meters.actualBurnLaneMs,
    units: meters.units,
    units_in_use: meters.unitsInUse,
    wait: wait && { reason: wait.reason, position: wait.position, start_p50: timeOf(wait.startP50), start_p90: timeOf(wait.startP90) },
  };
}

/** The same for surfaces whose bodies are not ours. What is not known has no header. */
export function metersHeaders(meters: Meters): Record<string, string> {
  const { wait, ...view } = metersView(meters);
  const told = {
    'x-halogen-tier': view.service_tier,
    'x-halogen-served-from': view.served_from,
    'x-halogen-estimated-burn-lane-ms': view.estimated_burn_lane_ms,
    'x-halogen-actual-burn-lane-ms': view.actual_burn_lane_ms,
    'x-halogen-units': view.units,
    'x-halogen-units-in-use': view.units_in_use,
    'x-halogen-wait-reason': wait?.reason,
    'x-halogen-queue-position': wait?.position,
    'x-halogen-start-p50': wait?.start_p50,
    'x-halogen-start-p90': wait?.start_p90,
  };
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]])),
  );
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
