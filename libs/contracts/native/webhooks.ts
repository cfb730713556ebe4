import { z } from 'zod';
import type { EventType } from '#contracts/events/catalogue';
import { EVENT_TYPES } from '#contracts/native/event-types';
import type { OperationContract } from '#contracts/operation';

const MAX_URL_CHARACTERS = 2_048;
const MAX_EVENT_TYPES = 50;
const MAX_HEADERS = 20;
const MAX_HEADER_CHARACTERS = 1_024;
const MAX_PER_SECOND = 1_000;
const MAX_DELIVERIES = 100;

const FAMILIES = [...new Set(EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf('.'))}.*`))];
const EventFilter = z
  .array(z.enum([...EVENT_TYPES, ...FAMILIES] as [string, ...string[]]))
  .min(1)
  .max(MAX_EVENT_TYPES)
  .nullable()
  .meta({ description: 'Types and families such as `generation.*`. Null: all, also those to come.' });

/** Ours, and those that steer the connection. */
const RESERVED_HEADERS =
  /^(webhook-.*|content-.*|user-agent|host|connection|transfer-encoding|te|trailer|upgrade|expect|keep-alive|traceparent|tracestate|proxy-.*)$/;
const CustomHeaders = z
  .record(
    z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'is not the name of a header')
      .transform((name) => name.toLowerCase())
      .refine((name) => !RESERVED_HEADERS.test(name), 'is a header that cannot be set'),
    z
      .string()
      .max(MAX_HEADER_CHARACTERS)
      .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII'),
  )
  .refine((headers) => Object.keys(headers).length <= MAX_HEADERS, `at most ${MAX_HEADERS} headers`)
  .meta({ description: 'Sent with every delivery. Their values are never shown again.' });

const settings = {
  url: z.string().min(1).max(MAX_URL_CHARACTERS),
  description: z.string().max(500).nullable(),
  eventTypes: EventFilter,
  headers: CustomHeaders,
  maxPerSecond: z
    .int()
    .min(1)
    .max(MAX_PER_SECOND)
    .nullable()
    .meta({ description: 'Deliveries a second at most. Null: as fast as it answers.' }),
  fifo: z.boolean().meta({ description: 'One at a time, in the order of `sequence`; a failing delivery holds back those after it.' }),
};

/** 24 to 64 bytes in base64, as Standard Webhooks wants them. */
const OwnSecret = z
  .string()
  .max(120)
  .refine((secret) => {
    const [, base64] = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret) ?? [];
    if (base64 === undefined) return false;
    const bytes = (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
    return bytes >= 24 && bytes <= 64;
  }, 'must be whsec_ and 24 to 64 bytes in base64')
  .meta({ description: 'A secret of your own instead of a new one; for `hmac` only.' });

export const CreateEndpoint = z
  .strictObject({
    url: settings.url,
    projectId: z.uuid().nullable().default(null).meta({ description: 'Only events of this project. Null: of all, and those of none.' }),
    description: settings.description.default(null),
    eventTypes: settings.eventTypes.default(null),
    signing: z.enum(['hmac', 'ed25519']).default('hmac'),
    secret: OwnSecret.optional(),
    headers: settings.headers.default({}),
    maxPerSecond: settings.maxPerSecond.default(null),
    fifo: settings.fifo.default(false),
  })
  .refine(({ signing, secret }) => signing === 'hmac' || secret === undefined, { path: ['secret'], message: 'is for hmac only' });
export type CreateEndpoint = z.infer<typeof CreateEndpoint>;

export const UpdateEndpoint = z.strictObject(settings).partial();
export type UpdateEndpoint = z.infer<typeof UpdateEndpoint>;

export const RotateSecret = z.strictObject({ secret: OwnSecret.optional() });
export type RotateSecret = z.infer<typeof RotateSecret>;

const Endpoint = z
  .object({
    id: z.uuid(),
    projectId: z.uuid().nullable(),
    url: z.string(),
    description: z.string().nullable(),
    eventTypes: z.array(z.string()).nullable(),
    signing: z.enum(['hmac', 'ed25519']),
    publicKey: z.string().nullable().meta({ description: '`whpk_…`, what ed25519 signatures are verified with.' }),
    headerNames: z.array(z.string()),
    maxPerSecond: z.int().nullable(),
    fifo: z.boolean(),
    state: z.enum(['enabled', 'disabled']),
    disabledReason: z
      .enum(['customer', 'gone', 'failing'])
      .nullable()
      .meta({ description: '`gone`: it answered 410. `failing`: nothing succeeded for five days; it is probed and comes back by itself.' }),
    disabledAt: z.iso.datetime().nullable(),
    failingSince: z.iso.datetime().nullable(),
    pausedUntil: z.iso.datetime().nullable().meta({ description: 'It answered 429, 502 or 504 and asked for patience until then.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'WebhookEndpoint' });
export type Endpoint = z.infer<typeof Endpoint>;

const EndpointWithSecret = Endpoint.extend({
  secret: z
    .string()
    .nullable()
    .meta({ description: '`whsec_…`, shown this once. Null for ed25519: `publicKey` is all that a receiver needs.' }),
}).meta({ id: 'WebhookEndpointWithSecret' });

const Delivery = z
  .object({
    id: z.uuid(),
    eventId: z.uuid().meta({ description: 'The `webhook-id`, the same at every attempt and replay.' }),
    eventType: z.string(),
    sequence: z.int(),
    state: z.enum(['pending', 'delivered', 'given_up']),
    attempts: z.int(),
    lastStatus: z.int().nullable(),
    lastError: z.string().nullable(),
    nextAttemptAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type Delivery = z.infer<typeof Delivery>;

const Attempt = z.object({
  attempt: z.int(),
  startedAt: z.iso.datetime(),
  durationMs: z.int(),
  url: z.string(),
  status: z.int().nullable(),
  error: z.string().nullable(),
  answerHeaders: z.record(z.string(), z.unknown()).nullable(),
  answerBody: z.string().nullable().meta({ description: 'The first 64 kB.' }),
  nextAttemptAt: z.iso.datetime().nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

const DeliveryWithLog = Delivery.extend({
  request: z.object({
    headers: z.record(z.string(), z.string()).meta({ description: 'Without signature and timestamp, which differ at each attempt.' }),
    body: z.string(),
  }),
  log: z.array(Attempt),
}).meta({ id: 'WebhookDeliveryWithLog' });
export type DeliveryWithLog = z.infer<typeof DeliveryWithLog>;

const deliveryFilter = {
  eventType: z.string().max(100).optional(),
  state: z.enum(['pending', 'delivered', 'given_up']).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
};

export const DeliveriesQuery = z.object({
  ...deliveryFilter,
  cursor: z.uuid().optional().meta({ description: '`nextCursor` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(MAX_DELIVERIES).default(50),
});
export type DeliveriesQuery = z.infer<typeof DeliveriesQuery>;

export const TestEndpoint = z.strictObject({
  eventType: z
    .enum(EVENT_TYPES as [EventType, ...EventType[]])
    .default('webhook.test')
    .meta({ description: 'A sample of any type, in the form of its schema; every id in it is zero.' }),
});
export type TestEndpoint = z.infer<typeof TestEndpoint>;

export const ReplayDeliveries = z
  .strictObject({
    ...deliveryFilter,
    missing: z
      .boolean()
      .default(false)
      .meta({
        description:
          'Everything that the endpoint wants and never got: what was given up, and events that were not sent to it at all, since they are ' +
          'older than it, or it was disabled or wanted less. The latter are numbered anew; their `timestamp` tells when they happened.',
      }),
  })
  .refine(({ missing, state }) => !missing || state === undefined, { path: ['state'], message: 'does not go together with missing' });
export type ReplayDeliveries = z.infer<typeof ReplayDeliveries>;

const BASE = '/api/v1/webhooks/endpoints';
const read = { scope: 'webhooks:read', status: 200 } as const;
const write = { scope: 'webhooks:write', status: 200 } as const;

export const createEndpoint = {
  ...write,
  id: 'createWebhookEndpoint',
  method: 'POST',
  path: BASE,
  status: 201,
  summary: 'Have events sent to a URL, as Standard Webhooks has it. The answer shows the secret this once.',
  body: CreateEndpoint,
  response: EndpointWithSecret,
} satisfies OperationContract;

export const listEndpoints = {
  ...read,
  id: 'listWebhookEndpoints',
  method: 'GET',
  path: BASE,
  summary: 'All endpoints of the tenant, oldest first.',
  response: z.object({ endpoints: z.array(Endpoint) }),
} satisfies OperationContract;

export const getEndpoint = {
  ...read,
  id: 'getWebhookEndpoint',
  method: 'GET',
  path: `${BASE}/:id`,
  summary: 'One endpoint.',
  response: Endpoint,
} satisfies OperationContract;

export const updateEndpoint = {
  ...write,
  id: 'updateWebhookEndpoint',
  method: 'PATCH',
  path: `${BASE}/:id`,
  summary: 'Change what is given; headers are replaced as a whole.',
  body: UpdateEndpoint,
  response: Endpoint,
} satisfies OperationContract;

export const deleteEndpoint = {
  ...write,
  id: 'deleteWebhookEndpoint',
  method: 'DELETE',
  path: `${BASE}/:id`,
  status: 204,
  summary: 'Forget an endpoint. What was not delivered to it never will be.',
} satisfies OperationContract;

export const rotateSecret = {
  ...write,
  id: 'rotateWebhookSecret',
  method: 'POST',
  path: `${BASE}/:id/rotate-secret`,
  summary: 'A new secret. The one before goes on signing beside it for 24 h.',
  body: RotateSecret,
  response: EndpointWithSecret,
} satisfies OperationContract;

export const enableEndpoint = {
  ...write,
  id: 'enableWebhookEndpoint',
  method: 'POST',
  path: `${BASE}/:id/enable`,
  summary: 'Send events again, first those that still wait.',
  response: Endpoint,
} satisfies OperationContract;

export const disableEndpoint = {
  ...write,
  id: 'disableWebhookEndpoint',
  method: 'POST',
  path: `${BASE}/:id/disable`,
  summary: 'Send nothing more. Events from now on are not kept for it.',
  response: Endpoint,
} satisfies OperationContract;

export const testEndpoint = {
  ...write,
  id: 'testWebhookEndpoint',
  method: 'POST',
  path: `${BASE}/:id/test`,
  status: 202,
  summary: 'Send a sample of an event to this endpoint, whatever its filter; `webhook.test` unless told otherwise.',
  body: TestEndpoint,
  response: z.object({ eventId: z.uuid() }),
} satisfies OperationContract;

export const listDeliveries = {
  ...read,
  id: 'listWebhookDeliveries',
  method: 'GET',
  path: `${BASE}/:id/deliveries`,
  summary: 'Deliveries to an endpoint, newest first. Kept for 30 days.',
  query: DeliveriesQuery,
  response: z.object({ deliveries: z.array(Delivery), nextCursor: z.uuid().nullable() }),
} satisfies OperationContract;

export const getDelivery = {
  ...read,
  id: 'getWebhookDelivery',
  method: 'GET',
  path: `${BASE}/:id/deliveries/:deliveryId`,
  summary: 'One delivery with what was sent and what was answered at each attempt.',
  response: DeliveryWithLog,
} satisfies OperationContract;

export const replayDelivery = {
  ...write,
  id: 'replayWebhookDelivery',
  method: 'POST',
  path: `${BASE}/:id/deliveries/:deliveryId/replay`,
  status: 202,
  summary: 'Deliver once more, with the same `webhook-id` and a new schedule.',
  response: Delivery,
} satisfies OperationContract;

export const replayDeliveries = {
  ...write,
  id: 'replayWebhookDeliveries',
  method: 'POST',
  path: `${BASE}/:id/replay`,
  status: 202,
  summary: 'Deliver once more what fits a filter or a range of time, or all that is missing, the oldest first; at most 10,000 at once.',
  body: ReplayDeliveries,
  response: z.object({ replayed: z.int(), more: z.boolean() }),
} satisfies OperationContract;
