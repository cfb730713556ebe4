import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import { type AddMember, addMember, type ChangeMember, changeMember, listMembers, removeMember } from '#contracts/native/members';
import type { Caller } from '#core/access/caller';
import { type MemberRow, MembersService } from '#features/tenants/members.service';

@Controller()
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Operation(addMember)
  async add(
    @CallerOf() caller: Caller,
    @Query(valid(addMember.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(addMember.body)) wanted: AddMember,
  ) {
    return view(accepted(await this.members.add(caller, tenant, wanted)));
  }

  @Operation(listMembers)
  async list(@CallerOf() caller: Caller, @Query(valid(listMembers.query, 'query')) page: PageQuery) {
    return { members: accepted(await this.members.list(caller, page)).map(view) };
  }

  @Operation(changeMember)
  async change(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(changeMember.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(changeMember.body)) { role }: ChangeMember,
  ) {
    return view(accepted(await this.members.change(caller, tenant, idOf(id), role)));
  }

  @Operation(removeMember)
  async remove(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(removeMember.query, 'query')) { tenant }: TenantQuery,
  ): Promise<void> {
    accepted(await this.members.remove(caller, tenant, idOf(id)));
  }
}

function view({ created_at, ...member }: MemberRow) {
  return { ...member, createdAt: created_at.toISOString() };
}
