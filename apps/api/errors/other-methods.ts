import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Refused } from '#apps/api/errors/refused';

/** The web pages' route takes every path that no other route has. */
const PAGES = '/*';

/** Answers 405 with `Allow`, rather than 404, where a path exists and only the method does not. Goes before the routes are made. */
export function refuseOtherMethods(app: NestFastifyApplication): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const methodsByPath = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsByPath.set(url, methods);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 && request.routeOptions.url !== PAGES) return done();
    const segments = segmentsOf(request.url);
    const fitting = [...methodsByPath.keys()].filter((path) => fits(path, segments));
    // `/generations/quote` is that and nothing else, though `/generations/:id` fits it too.
    const [path] = fitting.toSorted((a, b) => parametersIn(a) - parametersIn(b));
    if (path === undefined) return done();
    const allowed = [...(methodsByPath.get(path) ?? [])].join(', ');
    reply.header('allow', allowed);
    done(new Refused('method_not_allowed', `This path takes ${allowed}`));
  });
}

function segmentsOf(url: string): string[] {
  return (url.split('?')[0] as string).split('/');
}

function parametersIn(path: string): number {
  return path.split('/:').length;
}

/** Paths that take anything (`*`) are none of ours: they allow nothing. */
function fits(path: string, segments: readonly string[]): boolean {
  const pattern = path.split('/');
  return (
    pattern.length === segments.length && pattern.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]))
  );
}
