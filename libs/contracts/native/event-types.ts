import { z } from 'zod';
import { EVENTS, type EventType } from '#contracts/events/catalogue';
import type { OperationContract } from '#contracts/operation';

const EventTypeView = z
  .object({
    type: z.string(),
    summary: z.string().meta({ description: 'When it is told.' }),
    sample: z.record(z.string(), z.unknown()).meta({ description: '`data` in the form that it has, about what does not exist.' }),
  })
  .meta({ id: 'EventType' });
export type EventTypeView = z.infer<typeof EventTypeView>;

/** In the order of the catalogue. */
export const EVENT_TYPES = Object.keys(EVENTS) as EventType[];

export const listEventTypes = {
  id: 'listEventTypes',
  method: 'GET',
  path: '/api/v1/webhooks/event-types',
  status: 200,
  scope: 'webhooks:read',
  summary: 'Every event that an endpoint may ask for: when it is told, and what its `data` looks like.',
  response: z.object({ eventTypes: z.array(EventTypeView) }),
} satisfies OperationContract;
