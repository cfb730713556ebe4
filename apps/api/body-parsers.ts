import type { IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { MAX_ARTIFACT_BYTES } from '#apps/api/assets/uploads.controller';
import { Refused } from '#apps/api/errors/refused';
import { ROW_TYPES, UPLOAD_BODY_TYPE } from '#contracts/native/batches';
import { SCIM_TYPE } from '#contracts/scim';
import { MAX_SOURCE_BYTES } from '#core/ingestion/limits';

/** The largest JSON body. A request with a prompt of 5,000 characters is far below it. */
const MAX_JSON_BYTES = 1_000_000;
/** An answer by SAML of 256 kB in base64, with its signs escaped. */
const MAX_FORM_BYTES = 500_000;

/** Shared: it keeps nothing between bodies. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** How bodies are read: JSON whole and bounded, media as a stream. */
export function useBodyParsers(app: NestFastifyApplication): void {
  // Some clients name a JSON type on GET and DELETE without sending a body: an empty body is no body.
  for (const type of ['application/json', SCIM_TYPE]) {
    app.useBodyParser(type, { bodyLimit: MAX_JSON_BYTES }, (_request, body, done) => {
      if (body.length === 0) return done(null, undefined);
      try {
        done(null, JSON.parse(UTF8.decode(body as unknown as Buffer)));
      } catch {
        done(new Refused('malformed_json', 'The body is not valid JSON in UTF-8'));
      }
    });
  }
  // What identity providers make a browser send. A value that is given twice has no meaning, so the last one counts.
  app.useBodyParser('application/x-www-form-urlencoded', { bodyLimit: MAX_FORM_BYTES }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams((body as unknown as Buffer).toString('utf8'))));
  });
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const asStream = (_request: unknown, payload: IncomingMessage, done: (error: null, body: IncomingMessage) => void) => done(null, payload);
  fastify.addContentTypeParser([...ROW_TYPES, UPLOAD_BODY_TYPE], { bodyLimit: MAX_SOURCE_BYTES }, asStream);
  fastify.addContentTypeParser(['image/jpeg', 'image/png', 'video/mp4'], { bodyLimit: MAX_ARTIFACT_BYTES }, asStream);
}
