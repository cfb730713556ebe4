import type { Matrix } from '#core/ingestion/matrix';

/** One variable of a matrix, and how a row's number tells its value: `(number − 1) / stride mod values`, in whole numbers. */
export interface Axis {
  name: string;
  values: readonly string[];
  stride: number;
}

/** The axes of a matrix in its order. The last one turns fastest, as digits do. */
export function axesOf(matrix: Matrix = {}): Axis[] {
  const axes: Axis[] = [];
  let stride = 1;
  for (const [name, values] of Object.entries(matrix).reverse()) {
    axes.unshift({ name, values, stride });
    stride *= values.length;
  }
  return axes;
}

/** The place of a row's value among those of an axis. */
export function valueIndexOf({ stride, values }: Axis, rowNumber: number): number {
  return Math.floor((rowNumber - 1) / stride) % values.length;
}
