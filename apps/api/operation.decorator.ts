import { applyDecorators, Delete, Get, HttpCode, Patch, Post, Put, SetMetadata } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { OperationContract } from '#contracts/operation';
import { Problem } from '#contracts/problems';

const METHODS = { GET: Get, POST: Post, PATCH: Patch, DELETE: Delete, PUT: Put } as const;
export const OPERATION = Symbol('operation');

/** Makes a controller method the route that its contract describes. */
export function Operation(contract: OperationContract): MethodDecorator {
  const { id, method, path, status, summary, scope, response } = contract;
  return applyDecorators(
    METHODS[method](path),
    HttpCode(status),
    SetMetadata(OPERATION, contract),
    ApiOperation({ operationId: id, summary }),
    ApiResponse({ status, description: 'As asked.', ...(response && { standardSchema: response }) }),
    ...(isNative(path) ? [ApiResponse({ status: 'default', description: 'Why not.', standardSchema: Problem })] : []),
    ApiTags(path.startsWith('/dream-machine') ? 'Dream Machine' : 'Halogen'),
    // OpenAPI 3.1 names the roles a bearer needs where OAuth has its scopes.
    ...(scope ? [ApiSecurity('bearer', [scope])] : []),
  );
}

function isNative(path: string): boolean {
  return path.startsWith('/api/v1/');
}
