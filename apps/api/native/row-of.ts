import { Refused } from '#apps/api/errors/refused';

const ROW = /^[1-9]\d{0,6}$/;

/** A row's number in a path. What is none is simply not there. @throws Refused */
export function rowOf(given: string): number {
  if (!ROW.test(given)) throw new Refused('not_found', 'Row not found');
  return Number(given);
}
