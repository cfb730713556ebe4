import type { INestApplication } from '@nestjs/common';
import { ApiExcludeController, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { isNative, MEDIA_TYPES, type MediaTypes } from '#apps/api/operation.decorator';
import { EVENTS } from '#contracts/events/catalogue';
import { PROBLEM_TYPE } from '#contracts/problems';
import { MetricsController } from '#platform/http/metrics.controller';

const SESSION_SCHEME = {
  type: 'apiKey',
  in: 'cookie',
  description:
    'A person’s session, on native routes; over https its name begins with `__Host-`. Writes carry `x-halogen-csrf`, and `x-halogen-tenant` names the tenant to act in.',
} as const;

const SETUP_SCHEME = {
  type: 'apiKey',
  in: 'cookie',
  description:
    'What a set-up link opened; over https its name begins with `__Host-`. Requests carry `x-halogen-setup: 1`, and writes `x-halogen-csrf`.',
} as const;

const GUEST_SCHEME = {
  type: 'apiKey',
  in: 'cookie',
  description: 'What a share link opened; over https its name begins with `__Host-`. Writes carry `x-halogen-csrf`.',
} as const;

// Said here, so that the other processes, which have it too, need not load Swagger.
ApiExcludeController()(MetricsController);

/** The OpenAPI 3.1 document, made from the contracts that the routes are declared with. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Halogen')
    .setDescription('Generative media with provisioned throughput. Dream Machine clients work when only their base URL changes.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' })
    .addCookieAuth('halogen_session', SESSION_SCHEME, 'session')
    .addCookieAuth('halogen_setup', SETUP_SCHEME, 'setup')
    .addCookieAuth('halogen_guest', GUEST_SCHEME, 'guest')
    .build();
  const document = SwaggerModule.createDocument(app, config, { autoTagControllers: false });
  for (const [path, operations] of Object.entries(document.paths))
    for (const operation of operationsOf(operations)) {
      nameMediaTypes(path, operation);
      letHeadersBeAbsent(operation);
    }

  return { ...document, webhooks: webhooks() } as OpenAPIObject;
}

interface DescribedOperation {
  [MEDIA_TYPES]?: MediaTypes;
  parameters?: { in: string; required?: boolean }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}

function operationsOf(path: object): DescribedOperation[] {
  return Object.values(path).filter(
    (operation): operation is DescribedOperation => typeof operation === 'object' && 'responses' in operation,
  );
}

/** Puts every body under the types that it really has; Swagger knows one for all of them. */
function nameMediaTypes(path: string, operation: DescribedOperation): void {
  const named = operation[MEDIA_TYPES];
  delete operation[MEDIA_TYPES];
  if (!named) return;
  const asAsked = operation.responses[named.status];
  if (asAsked && named.mediaTypes.length > 0) asAsked.content = { ...asAsked.content, ...anyOf(named.mediaTypes) };
  if (operation.requestBody) Object.assign(operation.requestBody.content, anyOf(named.bodyTypes));
  const whyNot = operation.responses.default;
  if (whyNot?.content && isNative(path)) whyNot.content = { [PROBLEM_TYPE]: whyNot.content['application/json'] };
}

/** No route insists on a header that its handler reads; Swagger says so of every one. */
function letHeadersBeAbsent(operation: DescribedOperation): void {
  for (const parameter of operation.parameters ?? []) if (parameter.in === 'header') parameter.required = false;
}

/** Of files and streams the document tells the type and no schema. */
function anyOf(mediaTypes: readonly string[]): Record<string, object> {
  return Object.fromEntries(mediaTypes.map((type) => [type, {}]));
}

/** What endpoints are told: a request for each type of event, in the form and with the headers of Standard Webhooks. */
function webhooks(): Record<string, unknown> {
  const header = (name: string, description: string) => ({ name, in: 'header', required: true, description, schema: { type: 'string' } });
  const parameters = [
    header('webhook-id', 'Of the event: the same at every attempt and replay.'),
    header('webhook-timestamp', 'When this attempt was made, in seconds since 1970.'),
    header('webhook-signature', 'Signatures of `id.timestamp.body`, one for each good secret: `v1,…` (HMAC-SHA256) or `v1a,…` (ed25519).'),
  ];
  return Object.fromEntries(
    Object.entries(EVENTS).map(([type, { summary, data }]) => {
      const payload = z.object({
        type: z.literal(type),
        timestamp: z.iso.datetime(),
        data: z.object({ ...data.shape, sequence: z.int().meta({ description: 'Counts the events of the tenant.' }) }),
      });
      const { $schema: _, ...schema } = z.toJSONSchema(payload, { io: 'output' });
      const post = {
        operationId: `on ${type}`,
        summary,
        tags: ['Webhooks'],
        parameters,
        requestBody: { required: true, content: { 'application/json': { schema } } },
        responses: { '2XX': { description: 'Received. Anything else, a redirect too, is tried again; 410 disables the endpoint.' } },
      };
      return [type, { post }];
    }),
  );
}
