import { applyDecorators, Delete, Get, HttpCode, Patch, Post, Put, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { DreamMachineError } from '#contracts/dream-machine/errors';
import type { OperationContract } from '#contracts/operation';
import { Problem } from '#contracts/problems';

const METHODS = { GET: Get, POST: Post, PATCH: Patch, DELETE: Delete, PUT: Put } as const;
export const OPERATION = Symbol('operation');
/** Where a route tells `openApiDocument` what its bodies are besides JSON. The document that is served has none of it. */
export const MEDIA_TYPES = 'x-media-types';

export interface MediaTypes {
  /** Of the answer as asked. */
  status: number;
  mediaTypes: readonly string[];
  bodyTypes: readonly string[];
}

/** Makes a controller method the route that its contract describes. */
export function Operation(contract: OperationContract): MethodDecorator {
  const { id, method, path, status, summary, scope, session, setup, guest, response, mediaTypes = [], bodyTypes = [] } = contract;
  return applyDecorators(
    METHODS[method](path),
    HttpCode(status),
    SetMetadata(OPERATION, contract),
    ApiOperation({ operationId: id, summary }),
    ApiResponse({ status, description: 'As asked.', ...(response && { standardSchema: response }) }),
    ApiResponse({ status: 'default', description: 'Why not.', standardSchema: isNative(path) ? Problem : DreamMachineError }),
    ApiExtension(MEDIA_TYPES, { status, mediaTypes, bodyTypes } satisfies MediaTypes),
    ApiTags(path.startsWith('/dream-machine') ? 'Dream Machine' : 'Halogen'),
    // OpenAPI 3.1 names the roles a bearer needs where OAuth has its scopes.
    ...(scope ? [ApiSecurity('bearer', [scope])] : []),
    ...(setup ? [ApiSecurity('setup', scope ? [scope] : [])] : []),
    ...(guest ? [ApiSecurity('guest')] : []),
    ...(session || (scope && isNative(path)) ? [ApiSecurity('session', scope ? [scope] : [])] : []),
  );
}

export function isNative(path: string): boolean {
  return path.startsWith('/api/v1/');
}
