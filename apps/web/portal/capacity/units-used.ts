interface Use {
  own: readonly (number | null)[];
  idle: readonly (number | null)[];
}

const PERCENT = 100;

/** How much of one's own units was in use at each step, in per cent. Null where nothing is known, or there was no unit. */
export function unitsUsedPct({ own, idle }: Use): (number | null)[] {
  return own.map((used, at) => {
    const unused = idle[at] ?? null;
    if (used === null || unused === null || used + unused <= 0) return null;
    return Math.round((PERCENT * used) / (used + unused));
  });
}
