/** Variables with the values that each of them takes: a row becomes one row per combination. */
export type Matrix = Readonly<Record<string, readonly string[]>>;

export type Combination = readonly (readonly [name: string, value: string])[];

export function matrixRows(matrix: Matrix): number {
  return Object.values(matrix).reduce((rows, values) => rows * values.length, 1);
}

/** The combination with this number, 0 … rows − 1: the last variable turns fastest, as digits do. */
export function combinationAt(matrix: Matrix, number: number): Combination {
  const combination: [string, string][] = [];
  let left = number;
  for (const [name, values] of Object.entries(matrix).reverse()) {
    combination.unshift([name, values[left % values.length] as string]);
    left = Math.floor(left / values.length);
  }
  return combination;
}
