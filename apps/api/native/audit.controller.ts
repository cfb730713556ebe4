import { Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type AuditEntry, type AuditQuery, listAuditLog } from '#contracts/native/audit';
import type { Caller } from '#core/access/caller';
import { csvLine } from '#core/text/csv';
import { type AuditLogRow, AuditLogService } from '#features/audit/audit-log.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';

@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditLogService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(listAuditLog)
  async list(
    @CallerOf() caller: Caller,
    @Query(valid(listAuditLog.query, 'query')) { tenant, format, from, to, ...page }: AuditQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const span = { ...(from && { from: new Date(from) }), ...(to && { to: new Date(to) }) };
    const entries = (await this.audit.list(tenantId, { ...page, ...span })).map(view);
    if (format === 'json') return { entries };
    const last = entries.at(-1);
    if (last && entries.length === page.limit) reply.header('x-halogen-next-cursor', last.id);
    const type = format === 'csv' ? 'text/csv' : 'application/jsonl';
    reply.header('content-type', `${type}; charset=utf-8`).header('content-disposition', `attachment; filename="audit.${format}"`);
    if (format === 'csv') return csvLine(COLUMNS) + entries.map(csvOf).join('');
    return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  }
}

function view(row: AuditLogRow): AuditEntry {
  const { id, action, data, sequence } = row;
  const actor = { kind: row.actor_kind, id: row.actor_id, tenantId: row.actor_tenant_id };
  return { id, at: row.at.toISOString(), actor, action, targetId: row.target_id, data, sequence, hash: row.hash_hex };
}

const COLUMNS = ['at', 'action', 'target', 'actor', 'actor kind', 'actor tenant', 'data', 'sequence', 'hash', 'id'];

function csvOf({ at, action, targetId, actor, data, sequence, hash, id }: AuditEntry): string {
  return csvLine([at, action, targetId, actor.id, actor.kind, actor.tenantId, JSON.stringify(data), sequence, hash, id]);
}
