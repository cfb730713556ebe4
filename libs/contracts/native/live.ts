import { z } from 'zod';
import { Generation } from '#contracts/native/generations';
import type { OperationContract } from '#contracts/operation';

/** Generations that one stream can follow: what a screen shows, and no more. */
const MAX_FOLLOWED = 200;

const TOPIC = '(generations|generation:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})';

export const LiveQuery = z.object({
  topics: z
    .string()
    .max(MAX_FOLLOWED * 50)
    .regex(new RegExp(`^${TOPIC}(,${TOPIC})*$`))
    .meta({
      description: `Separated by commas: \`generations\` tells the newest one whenever there is another, \`generation:ID\` (at most ${MAX_FOLLOWED}) each change of it.`,
    }),
});
export type LiveQuery = z.infer<typeof LiveQuery>;

/** What the stream's events carry, by their names. */
export const LiveEvents = {
  resync: z.object({}),
  newest: z.object({ id: z.uuid() }),
  generation: Generation,
};

export const streamLive = {
  id: 'streamLive',
  method: 'GET',
  path: '/api/v1/events',
  status: 200,
  mediaTypes: ['text/event-stream'],
  scope: 'generations:read',
  summary:
    'What changes, as server-sent events, for pages: one stream for all that they show. It begins with everything as it is now; after `Last-Event-ID` it says `resync` first.',
  query: LiveQuery,
} satisfies OperationContract;
