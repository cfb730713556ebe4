/** How the camera travels over a whole clip. Distances are fractions of the picture's short side; 0 everywhere stands still. */
export interface CameraMove {
  acrossPerClip: number;
  downPerClip: number;
  /** How much nearer the camera is at the end: 0.5 shows everything half as large again, a negative number goes away from it. */
  nearerPerClip: number;
  rollDegPerClip: number;
}

const STILL: CameraMove = { acrossPerClip: 0, downPerClip: 0, nearerPerClip: 0, rollDegPerClip: 0 };

/** What a prompt may ask for in words, as Dream Machine writes it, and the move it means. */
const MOTIONS = {
  'camera orbit left': { acrossPerClip: 0.3, rollDegPerClip: 8 },
  'camera orbit right': { acrossPerClip: -0.3, rollDegPerClip: -8 },
  'camera pan left': { acrossPerClip: 0.35 },
  'camera pan right': { acrossPerClip: -0.35 },
  'camera tilt up': { downPerClip: 0.3 },
  'camera tilt down': { downPerClip: -0.3 },
  'camera pedestal up': { downPerClip: 0.2 },
  'camera pedestal down': { downPerClip: -0.2 },
  'camera truck left': { acrossPerClip: 0.25 },
  'camera truck right': { acrossPerClip: -0.25 },
  'camera crane up': { downPerClip: 0.3, nearerPerClip: -0.1 },
  'camera crane down': { downPerClip: -0.3, nearerPerClip: 0.1 },
  'camera push in': { nearerPerClip: 0.4 },
  'camera pull out': { nearerPerClip: -0.25 },
  'camera zoom in': { nearerPerClip: 0.6 },
  'camera zoom out': { nearerPerClip: -0.3 },
  'camera roll left': { rollDegPerClip: -30 },
  'camera roll right': { rollDegPerClip: 30 },
  'camera static': {},
} satisfies Record<string, Partial<CameraMove>>;

/** What `concepts` may name, and the move it means; most are a look, which a drawing by rule keeps as a word in its caption only. */
const CONCEPTS = {
  aerial: { downPerClip: 0.15 },
  aerial_drone: { downPerClip: 0.25, nearerPerClip: 0.15 },
  bolt_cam: { nearerPerClip: 0.8 },
  crane_down: MOTIONS['camera crane down'],
  crane_up: MOTIONS['camera crane up'],
  dolly_zoom: { nearerPerClip: 0.5 },
  elevator_doors: {},
  eye_level: {},
  ground_level: {},
  handheld: { rollDegPerClip: 3 },
  high_angle: {},
  low_angle: {},
  orbit_left: MOTIONS['camera orbit left'],
  orbit_right: MOTIONS['camera orbit right'],
  over_the_shoulder: {},
  overhead: {},
  pan_left: MOTIONS['camera pan left'],
  pan_right: MOTIONS['camera pan right'],
  pedestal_down: MOTIONS['camera pedestal down'],
  pedestal_up: MOTIONS['camera pedestal up'],
  pov: {},
  pull_out: MOTIONS['camera pull out'],
  push_in: MOTIONS['camera push in'],
  roll_left: MOTIONS['camera roll left'],
  roll_right: MOTIONS['camera roll right'],
  selfie: {},
  static: {},
  tilt_down: MOTIONS['camera tilt down'],
  tilt_up: MOTIONS['camera tilt up'],
  timelapse: {},
  tiny_planet: { rollDegPerClip: 60 },
  truck_left: MOTIONS['camera truck left'],
  truck_right: MOTIONS['camera truck right'],
  zoom_in: MOTIONS['camera zoom in'],
  zoom_out: MOTIONS['camera zoom out'],
} satisfies Record<string, Partial<CameraMove>>;

export const CAMERA_MOTIONS: readonly string[] = Object.keys(MOTIONS);
export const CONCEPT_KEYS: readonly string[] = Object.keys(CONCEPTS);

export function isConcept(key: string): boolean {
  return Object.hasOwn(CONCEPTS, key);
}

/** All moves that the prompt's words and the concepts ask for, added up. Undefined: none of them moves the camera. */
export function cameraMoveOf(prompt: string, concepts: readonly string[]): CameraMove | undefined {
  const words = ` ${prompt.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ')} `;
  const asked: Partial<CameraMove>[] = [
    ...Object.entries(MOTIONS).flatMap(([motion, move]) => (words.includes(` ${motion} `) ? [move] : [])),
    ...concepts.flatMap((key) => (isConcept(key) ? [CONCEPTS[key as keyof typeof CONCEPTS]] : [])),
  ];
  const move = asked.reduce<CameraMove>(
    (sum, one) => ({
      acrossPerClip: sum.acrossPerClip + (one.acrossPerClip ?? 0),
      downPerClip: sum.downPerClip + (one.downPerClip ?? 0),
      nearerPerClip: sum.nearerPerClip + (one.nearerPerClip ?? 0),
      rollDegPerClip: sum.rollDegPerClip + (one.rollDegPerClip ?? 0),
    }),
    STILL,
  );
  return Object.values(move).some((amount) => amount !== 0) ? move : undefined;
}
