import { expect, it } from 'vitest';
import { combinationAt, matrixRows } from '#core/ingestion/matrix';
import { axesOf, valueIndexOf } from '#core/review/axes';

it('finds for every row the value that the matrix gave it, also when rows of a file are multiplied', () => {
  const matrix = { city: ['Oslo', 'Rome', 'Lima'], light: ['dawn', 'dusk'], lens: ['35', '50', '85', '135'] };
  const rows = matrixRows(matrix);
  const axes = axesOf(matrix);
  for (let rowNumber = 1; rowNumber <= 2 * rows; rowNumber += 1) {
    const told = axes.map((axis) => [axis.name, axis.values[valueIndexOf(axis, rowNumber)]]);
    expect(told).toEqual(combinationAt(matrix, (rowNumber - 1) % rows));
  }
});

it('has no axes without a matrix', () => expect(axesOf()).toEqual([]));
