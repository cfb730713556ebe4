import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { EVENTS } from '#contracts/events/catalogue';

/** The OpenAPI 3.1 document, made from the contracts that the routes are declared with. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Halogen')
    .setDescription('Generative media with provisioned throughput. Dream Machine clients work when only their base URL changes.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' })
    .build();
  const document = SwaggerModule.createDocument(app, config, { autoTagControllers: false });
  return { ...document, webhooks: webhooks() } as OpenAPIObject;
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
