import { between, hashText, pick, type SeededRandom, seededRandom } from '#core/generations/seeded-random';
import { SAMPLES_PER_SECOND, type SoundPiece } from '#media/mp4/add-sound';

export interface SoundRequest {
  prompt: string;
  /** What it should not sound like: such words silence their part. */
  negativePrompt: string;
  seed: number;
  durationS: number;
}

/** What a prompt's words call up besides the chord that is always there. */
const NOISE_WORDS = /\b(rain|wave|waves|ocean|sea|wind|storm|water|river|forest|crowd)\b/i;
const BEAT_WORDS = /\b(beat|drum|drums|step|steps|march|dance|techno|rhythm|heart|train)\b/i;
const FADE_S = 0.15;
const CHORDS: readonly [readonly number[], ...(readonly number[])[]] = [
  [0, 4, 7, 11],
  [0, 3, 7, 10],
  [0, 5, 7, 12],
  [0, 2, 7, 9],
];

interface Score {
  tones: { hertz: number; amplitude: number; panning: number; swellHertz: number; phase: number }[];
  noise: number;
  beatsPerSecond: number;
}

/** A chord with a slow swell, over it noise or a beat if the words ask for them. The same request sounds the same, to the sample. */
export function* synthesizeSound(request: SoundRequest): Generator<SoundPiece> {
  const random = seededRandom(hashText(`${request.seed}\n${request.prompt}\n${request.negativePrompt}`));
  const score = scoreOf(request, random);
  const samples = Math.round(request.durationS * SAMPLES_PER_SECOND);
  let smooth = 0;
  for (let start = 0; start < samples; start += SAMPLES_PER_SECOND) {
    const length = Math.min(SAMPLES_PER_SECOND, samples - start);
    const left = new Float32Array(length);
    const right = new Float32Array(length);
    for (let index = 0; index < length; index++) {
      const timeS = (start + index) / SAMPLES_PER_SECOND;
      smooth += 0.08 * (random() * 2 - 1 - smooth); // a soft rush instead of a hiss
      const common = score.noise * smooth + beatAt(timeS, score.beatsPerSecond);
      const envelope = Math.min(1, timeS / FADE_S, (request.durationS - timeS) / FADE_S);
      let [toLeft, toRight] = [common, common];
      for (const { hertz, amplitude, panning, swellHertz, phase } of score.tones) {
        const swell = 0.65 + 0.35 * Math.sin(2 * Math.PI * swellHertz * timeS + phase);
        const value = amplitude * swell * Math.sin(2 * Math.PI * hertz * timeS + phase);
        toLeft += value * (1 - panning);
        toRight += value * panning;
      }
      left[index] = envelope * toLeft;
      right[index] = envelope * toRight;
    }
    yield { left, right };
  }
}

function scoreOf({ prompt, negativePrompt }: SoundRequest, random: SeededRandom): Score {
  const root = between(random, 90, 180);
  const asks = (words: RegExp) => words.test(prompt) && !words.test(negativePrompt);
  return {
    tones: pick(random, CHORDS).map((semitones) => ({
      hertz: root * 2 ** (semitones / 12),
      amplitude: between(random, 0.08, 0.14),
      panning: between(random, 0.25, 0.75),
      swellHertz: between(random, 0.1, 0.5),
      phase: between(random, 0, 2 * Math.PI),
    })),
    noise: asks(NOISE_WORDS) ? 0.9 : 0.05,
    beatsPerSecond: asks(BEAT_WORDS) ? between(random, 1.4, 2.4) : 0,
  };
}

/** A thud that fades. */
function beatAt(timeS: number, beatsPerSecond: number): number {
  if (beatsPerSecond === 0) return 0;
  const sinceS = (timeS * beatsPerSecond - Math.floor(timeS * beatsPerSecond)) / beatsPerSecond;
  return 0.35 * Math.exp(-14 * sinceS) * Math.sin(2 * Math.PI * 62 * sinceS);
}
