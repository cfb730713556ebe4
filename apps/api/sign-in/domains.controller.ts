import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { TenantQuery } from '#contracts/native/common';
import {
  type AssignDomain,
  assignDomain,
  type ClaimDomain,
  claimDomain,
  listDomains,
  releaseDomain,
  verifyDomain,
} from '#contracts/native/domains';
import type { Caller } from '#core/access/caller';
import { proofRecord } from '#core/access/domains';
import { type DomainRow, DomainsService } from '#features/sign-in/domains.service';

@Controller()
export class DomainsController {
  constructor(private readonly domains: DomainsService) {}

  @Operation(claimDomain)
  async claim(
    @CallerOf() caller: Caller,
    @Query(valid(claimDomain.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(claimDomain.body)) { domain }: ClaimDomain,
  ) {
    return view(accepted(await this.domains.claim(caller, tenant, domain)));
  }

  @Operation(listDomains)
  async list(@CallerOf() caller: Caller, @Query(valid(listDomains.query, 'query')) { tenant }: TenantQuery) {
    return { domains: accepted(await this.domains.list(caller, tenant)).map(view) };
  }

  @Operation(verifyDomain)
  async verify(
    @CallerOf() caller: Caller,
    @Param('domain') domain: string,
    @Query(valid(verifyDomain.query, 'query')) { tenant }: TenantQuery,
  ) {
    return view(accepted(await this.domains.verify(caller, tenant, domain.toLowerCase())));
  }

  @Operation(assignDomain)
  async assign(
    @CallerOf() caller: Caller,
    @Param('domain') domain: string,
    @Query(valid(assignDomain.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(assignDomain.body)) { connectionId }: AssignDomain,
  ) {
    return view(accepted(await this.domains.assign(caller, tenant, domain.toLowerCase(), connectionId)));
  }

  @Operation(releaseDomain)
  async release(
    @CallerOf() caller: Caller,
    @Param('domain') domain: string,
    @Query(valid(releaseDomain.query, 'query')) { tenant }: TenantQuery,
  ): Promise<void> {
    accepted(await this.domains.release(caller, tenant, domain.toLowerCase()));
  }
}

function view({ domain, challenge, created_at, verified_at, connection_id: connectionId }: DomainRow) {
  const record = { type: 'TXT', ...proofRecord(domain, challenge) };
  return { domain, record, claimedAt: created_at.toISOString(), verifiedAt: verified_at?.toISOString() ?? null, connectionId };
}
