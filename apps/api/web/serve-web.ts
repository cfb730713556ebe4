import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { contentSecurityPolicy } from '#apps/api/web/content-security-policy';

/** What Vite wrote where the nonce of an answer belongs. */
const NONCE_PLACE = 'NONCE_OF_THIS_ANSWER';
const NONCE_BYTES = 16;
const YEAR_MS = 365 * 86_400_000;

/** First segments that belong to the API: what is not found there is no page. */
const NO_PAGES = /^\/(agent|api|assets|docs|dream-machine|health|metrics|openapi\.json|scim|uploads|web-files)(?:[/?-]|$)/;
/** What is neither is a page of the portal, whose first segment names an agency. */
const OTHER_SURFACE = /^\/(admin|setup|share)(?:[/?]|$)/;

/** dist/web, from compiled code and from source. */
const BUILT = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../dist/web/' : '../../../web/', import.meta.url));

/** Serves the portal, the operators' pages, those of a set-up and those of guests as `vite build` wrote them. Without a build the API serves all the same. */
export function serveWeb(app: NestFastifyApplication, folder = BUILT): void {
  if (!existsSync(join(folder, 'portal/index.html'))) {
    new Logger('Web').warn('The web pages are not built: there is only the API');
    return;
  }
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const surfaces = ['portal', 'admin', 'setup', 'share'];
  const pages = new Map(surfaces.map((name) => [name, readFileSync(join(folder, name, 'index.html'), 'utf8')]));

  // Their names carry a hash of their content.
  fastify.register(fastifyStatic, {
    root: join(folder, 'web-files'),
    prefix: '/web-files/',
    immutable: true,
    maxAge: YEAR_MS,
    index: false,
    decorateReply: false,
    setHeaders: (reply) => void reply.header('x-content-type-options', 'nosniff'),
  });
  fastify.get('/*', (request, reply) => {
    if (!isForPage(request)) return reply.callNotFound();
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    const page = pages.get(OTHER_SURFACE.exec(request.url)?.[1] ?? 'portal');
    return reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': contentSecurityPolicy(nonce),
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
      .send(page?.replaceAll(NONCE_PLACE, nonce));
  });
}

function isForPage({ url, headers }: FastifyRequest): boolean {
  return !NO_PAGES.test(url) && (headers.accept?.includes('text/html') ?? false);
}
