import type { CameraMove } from '#core/catalog/camera-moves';
import { type HexColour, hexOfOklch } from '#core/generations/scene-plan-colour';
import { between, hashText, pick, type SeededRandom, seededRandom } from '#core/generations/seeded-random';

/** Positions and sizes are fractions of the picture: x of its width, y of its height, radii of its shorter side. Angles are in degrees. */
export interface ScenePlan {
  round: number;
  /** How far apart dark and light are, 0…1. */
  contrast: number;
  background: { from: HexColour; to: HexColour; angleDeg: number; turnDegPerS: number };
  /** In drawing order, the farthest first. */
  shapes: Shape[];
  /** For text on the scene. */
  ink: HexColour;
  /** Absent: the camera stands still. */
  camera?: CameraMove;
}

export type Shape = RoundShape | Ribbon;

/** Circles around (x, y) on a small orbit of its own. A glow fades to nothing at its radius. */
export interface RoundShape {
  kind: 'glow' | 'disc' | 'ring';
  x: number;
  y: number;
  radius: number;
  colour: HexColour;
  opacity: number;
  orbitRadius: number;
  orbitDegPerS: number;
  orbitStartDeg: number;
}

/** A wave from edge to edge, filled down to the bottom. */
export interface Ribbon {
  kind: 'ribbon';
  y: number;
  colour: HexColour;
  opacity: number;
  waveHeight: number;
  /** Whole waves across the width. */
  waves: number;
  travelDegPerS: number;
  startDeg: number;
}

export interface SceneRequest {
  prompt: string;
  seed: number;
  /** Replans so far. */
  round: number;
}

/** First plans have a contrast of 1 down to this; the weakest, about one in eight, are there for `judge` to send back. */
const LEAST_FIRST_CONTRAST = 0.2;
const CONTRAST_PER_ROUND = 0.4;

/**
 * Decides what a scene shows. The same request gives the same plan, everywhere. Rounds keep hues and composition and raise the contrast:
 * after two of them every plan has enough of it.
 */
export function planScene({ prompt, seed, round }: SceneRequest): ScenePlan {
  const random = seededRandom(hashText(`${seed}\n${prompt}`));
  const firstContrast = 1 - (1 - LEAST_FIRST_CONTRAST) * random() ** 2;
  const contrast = Math.min(1, firstContrast + CONTRAST_PER_ROUND * round);
  const palette = paletteOf(random, contrast);
  const compose = pick(random, [composeHorizon, composeOrbits, composeDrift]);
  return { round, contrast, background: backgroundOf(random, palette), shapes: compose(random, palette), ink: palette.ink };
}

interface Palette {
  deep: HexColour;
  dusk: HexColour;
  main: HexColour;
  accent: HexColour;
  light: HexColour;
  ink: HexColour;
}

/** One hue, its neighbour and an accent farther off, on lightness steps that `contrast` spreads around a middle. */
function paletteOf(random: SeededRandom, contrast: number): Palette {
  const hueDeg = between(random, 0, 360);
  const neighbourDeg = hueDeg + pick(random, [-45, 45, 70]);
  const accentDeg = hueDeg + pick(random, [-110, -80, 80, 110, 180]);
  const step = (lightness: number) => 0.5 + (lightness - 0.5) * contrast;
  return {
    deep: hexOfOklch(step(0.2), 0.07, hueDeg),
    dusk: hexOfOklch(step(0.42), 0.12, neighbourDeg),
    main: hexOfOklch(step(0.6), 0.15, hueDeg),
    accent: hexOfOklch(step(0.78), 0.14, accentDeg),
    light: hexOfOklch(step(0.93), 0.05, accentDeg),
    ink: hexOfOklch(0.98, 0.01, hueDeg),
  };
}

function backgroundOf(random: SeededRandom, { deep, dusk }: Palette): ScenePlan['background'] {
  return { from: deep, to: dusk, angleDeg: between(random, 60, 120), turnDegPerS: either(random) * between(random, 4, 9) };
}

/** A light over layered waves. */
function composeHorizon(random: SeededRandom, palette: Palette): Shape[] {
  const x = between(random, 0.3, 0.75);
  const y = between(random, 0.28, 0.42);
  const layers = [palette.accent, palette.main, palette.dusk, palette.deep];
  return [
    round(random, { kind: 'glow', x, y, radius: 0.85, colour: palette.main, opacity: 0.8, orbitRadius: 0.04 }),
    round(random, { kind: 'disc', x, y, radius: between(random, 0.16, 0.23), colour: palette.light, opacity: 1, orbitRadius: 0.03 }),
    ...layers.map(
      (colour, layer): Ribbon => ({
        kind: 'ribbon',
        y: 0.5 + layer * 0.12 + between(random, -0.02, 0.02),
        colour,
        opacity: layer === 0 ? 0.55 : 0.9,
        waveHeight: between(random, 0.03, 0.07),
        waves: between(random, 0.8, 1.8),
        travelDegPerS: either(random) * between(random, 18, 30) * (1 + layer * 0.4),
        startDeg: between(random, 0, 360),
      }),
    ),
  ];
}

/** Rings around one centre, with bodies on them. */
function composeOrbits(random: SeededRandom, palette: Palette): Shape[] {
  const x = between(random, 0.42, 0.68);
  const y = between(random, 0.4, 0.52);
  const radii = [0.3, 0.42, 0.56, 0.72];
  const colours = [palette.light, palette.accent, palette.main, palette.light];
  return [
    round(random, { kind: 'glow', x, y, radius: 0.95, colour: palette.main, opacity: 0.9, orbitRadius: 0.02 }),
    ...radii.map((radius) => round(random, { kind: 'ring', x, y, radius, colour: palette.light, opacity: 0.3, orbitRadius: 0 })),
    round(random, { kind: 'disc', x, y, radius: between(random, 0.15, 0.2), colour: palette.accent, opacity: 1, orbitRadius: 0 }),
    ...radii.map((orbitRadius, index) => {
      const colour = colours[index] ?? palette.light;
      return round(random, { kind: 'disc', x, y, radius: between(random, 0.025, 0.06), colour, opacity: 1, orbitRadius });
    }),
  ];
}

/** Large translucent discs that slide over each other. */
function composeDrift(random: SeededRandom, palette: Palette): Shape[] {
  const colours = [palette.main, palette.light, palette.dusk, palette.accent, palette.main];
  return [
    round(random, { kind: 'glow', x: 0.25, y: 0.25, radius: 1.1, colour: palette.main, opacity: 0.8, orbitRadius: 0.1 }),
    round(random, { kind: 'glow', x: 0.8, y: 0.6, radius: 0.9, colour: palette.dusk, opacity: 0.7, orbitRadius: 0.1 }),
    ...colours.map((colour, index) =>
      round(random, {
        kind: 'disc',
        x: 0.14 + index * 0.18 + between(random, -0.05, 0.05),
        y: between(random, 0.28, 0.58),
        radius: between(random, 0.14, 0.3),
        colour,
        opacity: between(random, 0.7, 0.95),
        orbitRadius: between(random, 0.06, 0.12),
      }),
    ),
  ];
}

function round(random: SeededRandom, shape: Omit<RoundShape, 'orbitDegPerS' | 'orbitStartDeg'>): RoundShape {
  return { ...shape, orbitDegPerS: either(random) * between(random, 18, 42), orbitStartDeg: between(random, 0, 360) };
}

function either(random: SeededRandom): 1 | -1 {
  return random() < 0.5 ? -1 : 1;
}
