import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { valid } from '#apps/api/errors/valid';
import { ScimGuard, TokenOf } from '#apps/api/scim/scim.guard';
import { ScimCallsInterceptor } from '#apps/api/scim/scim-calls.interceptor';
import { headersOf, isKnown, listResponse, resourceId } from '#apps/api/scim/scim-resources';
import { ScimUrls } from '#apps/api/scim/scim-urls';
import { SCIM_PREFIX, ScimListQuery, ScimQuery } from '#contracts/scim';
import type { JsonObject } from '#core/directory/json';
import { shown } from '#core/directory/shown-attributes';
import { DirectoryGroupsService } from '#features/directory/directory-groups.service';
import type { KnownToken } from '#features/directory/directory-tokens.service';
import { DirectoryUsersService } from '#features/directory/directory-users.service';
import type { DirectoryResources } from '#features/directory/directory-work';

/** The routes that every kind of resource has (RFC 7644 §3). */
abstract class ScimResources {
  protected constructor(
    private readonly resources: DirectoryResources,
    private readonly urls: ScimUrls,
  ) {}

  @Get()
  async list(@TokenOf() token: KnownToken, @Query(valid(ScimListQuery, 'query')) wish: ScimListQuery) {
    return listResponse(await this.resources.list(this.urls.callerOf(token), wish), wish);
  }

  @Post()
  async create(
    @TokenOf() token: KnownToken,
    @Query(valid(ScimQuery, 'query')) wanted: ScimQuery,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return answer(reply, wanted, await this.resources.create(this.urls.callerOf(token), body));
  }

  @Get(':id')
  async get(
    @TokenOf() token: KnownToken,
    @Param('id') id: string,
    @Query(valid(ScimQuery, 'query')) wanted: ScimQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-none-match') ifNoneMatch?: string,
  ) {
    const found = await this.resources.get(this.urls.callerOf(token), resourceId(id), wanted);
    if (!isKnown(found, ifNoneMatch)) return answer(reply, wanted, found);
    reply.status(304).headers(headersOf(found));
    return undefined;
  }

  @Put(':id')
  async replace(
    @TokenOf() token: KnownToken,
    @Param('id') id: string,
    @Query(valid(ScimQuery, 'query')) wanted: ScimQuery,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ) {
    return answer(reply, wanted, await this.resources.replace(this.urls.callerOf(token), resourceId(id), body, ifMatch));
  }

  @Patch(':id')
  async patch(
    @TokenOf() token: KnownToken,
    @Param('id') id: string,
    @Query(valid(ScimQuery, 'query')) wanted: ScimQuery,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ) {
    return answer(reply, wanted, await this.resources.patch(this.urls.callerOf(token), resourceId(id), body, ifMatch));
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@TokenOf() token: KnownToken, @Param('id') id: string, @Headers('if-match') ifMatch?: string): Promise<void> {
    await this.resources.delete(this.urls.callerOf(token), resourceId(id), ifMatch);
  }
}

@ApiExcludeController()
@Controller(`${SCIM_PREFIX}/Users`)
@UseGuards(ScimGuard)
@UseInterceptors(ScimCallsInterceptor)
export class ScimUsersController extends ScimResources {
  constructor(users: DirectoryUsersService, urls: ScimUrls) {
    super(users, urls);
  }
}

@ApiExcludeController()
@Controller(`${SCIM_PREFIX}/Groups`)
@UseGuards(ScimGuard)
@UseInterceptors(ScimCallsInterceptor)
export class ScimGroupsController extends ScimResources {
  constructor(groups: DirectoryGroupsService, urls: ScimUrls) {
    super(groups, urls);
  }
}

function answer(reply: FastifyReply, wanted: ScimQuery, resource: JsonObject): JsonObject {
  reply.headers(headersOf(resource));
  return shown(resource, wanted);
}
