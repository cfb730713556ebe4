import { Controller, Get, Param, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Refused } from '#apps/api/errors/refused';
import { ScimGuard } from '#apps/api/scim/scim.guard';
import { ScimCallsInterceptor } from '#apps/api/scim/scim-calls.interceptor';
import { listResponse } from '#apps/api/scim/scim-resources';
import { ScimUrls } from '#apps/api/scim/scim-urls';
import { SCIM_PREFIX } from '#contracts/scim';
import { GROUP, type ResourceSchema, USER } from '#core/directory/attributes';
import type { JsonObject } from '#core/directory/json';
import { MAX_PAGE_RESOURCES } from '#core/directory/limits';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

/** What this service provider has and does (RFC 7643 §5-7). */
@ApiExcludeController()
@Controller(SCIM_PREFIX)
@UseGuards(ScimGuard)
@UseInterceptors(ScimCallsInterceptor)
export class ScimDiscoveryController {
  constructor(private readonly urls: ScimUrls) {}

  @Get('ServiceProviderConfig')
  serviceProviderConfig(): JsonObject {
    const no = { supported: false };
    return {
      schemas: [`${CORE}:ServiceProviderConfig`],
      patch: { supported: true },
      bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: MAX_PAGE_RESOURCES },
      changePassword: no,
      sort: no,
      etag: { supported: true },
      authenticationSchemes: [
        {
          type: 'oauthbearertoken',
          name: 'Token of the directory',
          description: 'Made by an owner, in the portal or by the API.',
          primary: true,
        },
      ],
      meta: { resourceType: 'ServiceProviderConfig', location: `${this.urls.base()}/ServiceProviderConfig` },
    };
  }

  @Get('ResourceTypes')
  resourceTypes() {
    return all([USER, GROUP].map((schema) => this.resourceType(schema)));
  }

  @Get('ResourceTypes/:id')
  resourceTypeOf(@Param('id') id: string): JsonObject {
    return this.resourceType(oneOf(({ name }) => name === id));
  }

  @Get('Schemas')
  schemas() {
    return all([USER, GROUP].map((schema) => this.schema(schema)));
  }

  @Get('Schemas/:id')
  schemaOf(@Param('id') id: string): JsonObject {
    return this.schema(oneOf((schema) => schema.id === id));
  }

  /** Of all kinds at once. */
  @Post('.search')
  search(): never {
    throw new Refused('not_implemented', 'Search by GET on /Users or /Groups');
  }

  private resourceType({ id, name, description }: ResourceSchema): JsonObject {
    const location = `${this.urls.base()}/ResourceTypes/${name}`;
    const meta = { resourceType: 'ResourceType', location };
    return { schemas: [`${CORE}:ResourceType`], id: name, name, description, endpoint: `/${name}s`, schema: id, meta };
  }

  private schema({ id, name, description, attributes }: ResourceSchema): JsonObject {
    const meta = { resourceType: 'Schema', location: `${this.urls.base()}/Schemas/${id}` };
    return { schemas: [`${CORE}:Schema`], id, name, description, attributes: structuredClone(attributes) as never, meta };
  }
}

function all(resources: JsonObject[]) {
  return listResponse({ total: resources.length, startIndex: 1, resources }, {});
}

/** @throws Refused */
function oneOf(isMeant: (schema: ResourceSchema) => boolean): ResourceSchema {
  const found = [USER, GROUP].find(isMeant);
  if (!found) throw new Refused('not_found', 'There is no such resource');
  return found;
}
