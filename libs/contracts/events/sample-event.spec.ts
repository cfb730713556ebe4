import { expect, it } from 'vitest';
import { EVENTS, type EventType } from '#contracts/events/catalogue';
import { sampleData } from '#contracts/events/sample-event';

it.each(Object.keys(EVENTS) as EventType[])('a sample of %s is what its schema says, with every field', (type) => {
  const sample = sampleData(type);
  expect(EVENTS[type].data.strict().parse(sample)).toEqual(sample);
  expect(Object.keys(sample)).toEqual(Object.keys(EVENTS[type].data.shape));
});
