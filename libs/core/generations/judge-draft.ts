/** Below this RMS contrast of the luma a picture reads as one grey area. */
const MIN_CONTRAST = 0.05;
/** Outside these mean lumas nearly everything is black or white. */
const MIN_MEAN_LUMA = 0.06;
const MAX_MEAN_LUMA = 0.94;
/** Below this mean luma change between draft frames a video looks like a still. */
const MIN_MOTION = 0.002;

export type DraftFault = 'not_measured' | 'flat' | 'too_dark' | 'too_bright' | 'still';
export type Verdict = { verdict: 'accept' } | { verdict: 'again'; reason: DraftFault };

/**
 * Decides whether a draft is worth rendering. `contrast` is the standard deviation of the luma, `meanLuma` its mean, `motion` the mean
 * change of a pixel's luma from one draft frame to the next, each 0…1. Stills have no `motion` and are not judged by it.
 */
export function judgeDraft(metrics: Readonly<Record<string, number>>): Verdict {
  const fault = faultOf(metrics);
  return fault ? { verdict: 'again', reason: fault } : { verdict: 'accept' };
}

function faultOf({ contrast = Number.NaN, meanLuma = Number.NaN, motion }: Readonly<Record<string, number>>): DraftFault | undefined {
  if (Number.isNaN(contrast) || Number.isNaN(meanLuma)) return 'not_measured';
  if (meanLuma < MIN_MEAN_LUMA) return 'too_dark';
  if (meanLuma > MAX_MEAN_LUMA) return 'too_bright';
  if (contrast < MIN_CONTRAST) return 'flat';
  if (motion !== undefined && motion < MIN_MOTION) return 'still';
  return undefined;
}
