import { Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type AccessQuery, listAccess, MAX_WAYS_TOLD } from '#contracts/native/access';
import type { Caller } from '#core/access/caller';
import type { ReacherKind } from '#core/access/ways';
import { csvLine } from '#core/text/csv';
import { AccessService, type ReacherRow } from '#features/access/access.service';
import { MAX_BRANDS } from '#features/tenants/limits';

@Controller()
export class AccessController {
  constructor(private readonly access: AccessService) {}

  @Operation(listAccess)
  async list(
    @CallerOf() caller: Caller,
    @Query(valid(listAccess.query, 'query')) { format, ...wish }: AccessQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const maxStandings = format === 'csv' ? MAX_BRANDS + 1 : MAX_WAYS_TOLD;
    const { access: rows, hasAgency } = accepted(await this.access.list(caller, { ...wish, maxStandings }));
    const access = rows.map((row) => ({ kind: wish.kind, ...row }));
    if (format === 'json') return { access, hasAgency };
    const last = rows.at(-1);
    if (last && rows.length === wish.limit) reply.header('x-halogen-next-cursor', last.id);
    reply.header('content-type', 'text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="access.csv"');
    return csvLine(COLUMNS) + access.flatMap(csvOf).join('');
  }
}

const COLUMNS = ['kind', 'name', 'detail', 'tenant', 'every brand', 'project', 'role', 'scopes', 'reason', 'groups', 'id', 'tenant id'];

/** A line a way. */
function csvOf({ kind, name, detail, id, ways }: ReacherRow & { kind: ReacherKind }): string[] {
  return ways.map(({ tenantName, isEveryBrand, projectName, role, scopes, reason, groups, tenantId }) =>
    csvLine([
      kind,
      name,
      detail,
      tenantName,
      isEveryBrand ? 'yes' : 'no',
      projectName,
      role,
      scopes.join(' '),
      reason,
      groups.join('; '),
      id,
      tenantId,
    ]),
  );
}
