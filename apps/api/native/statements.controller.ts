import { Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { getStatement, getUsage, type StatementQuery, type UsageQuery } from '#contracts/native/statements';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { csvLine } from '#core/text/csv';
import { type StatementLine, type StatementPosition, StatementsService } from '#features/ledger/statements.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';

const CURSOR = /^([0-9a-f-]{36})_(-?\d{1,30})$/;

@Controller()
export class StatementsController {
  constructor(
    private readonly statements: StatementsService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(getStatement)
  async statement(
    @CallerOf() caller: Caller,
    @Query(valid(getStatement.query, 'query')) { tenant, from, to, cursor, limit, format }: StatementQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const position = cursor === undefined ? undefined : positionOf(cursor);
    const { openingMicro, lines, next } = await this.statements.statement(tenantId, {
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
      position,
      limit,
    });
    const nextCursor = next && cursorOf(next);
    if (format === 'json') return { openingBalance: formatCredits(openingMicro), lines: lines.map(view), nextCursor };
    reply.header('content-type', 'text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="statement.csv"');
    if (nextCursor) reply.header('x-halogen-next-cursor', nextCursor);
    return csvLine(COLUMNS) + lines.map(csvOf).join('');
  }

  @Operation(getUsage)
  async usage(@CallerOf() caller: Caller, @Query(valid(getUsage.query, 'query')) { tenant, from, to, by, label }: UsageQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const tenantIds = by === 'brand' ? await this.reach.withBrands(caller, tenantId) : [tenantId];
    const usage = await this.statements.usage(tenantIds, { from: new Date(from), to: new Date(to), by, label });
    return { usage: usage.map(({ micro, ...group }) => ({ ...group, credits: formatCredits(micro) })) };
  }
}

function cursorOf({ afterId, balanceMicro }: StatementPosition): string {
  return Buffer.from(`${afterId}_${balanceMicro}`).toString('base64url');
}

/** @throws Refused for what no page has answered */
function positionOf(cursor: string): StatementPosition {
  const [, afterId, balance] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (!afterId || balance === undefined) throw new Refused('invalid_cursor', 'cursor is none that a page has answered');
  return { afterId, balanceMicro: BigInt(balance) };
}

function view({ at, changeMicro, balanceMicro, ...line }: StatementLine) {
  return { ...line, at: at.toISOString(), change: formatCredits(changeMicro), balance: formatCredits(balanceMicro) };
}

const COLUMNS = ['at', 'code', 'change', 'balance', 'generation', 'model', 'project', 'labels', 'id'];

function csvOf(line: StatementLine): string {
  const labels = Object.entries(line.labels).map(([key, value]) => `${key}:${value}`);
  return csvLine([
    line.at.toISOString(),
    line.code,
    { value: formatCredits(line.changeMicro) },
    { value: formatCredits(line.balanceMicro) },
    line.generationId,
    line.model,
    line.projectId,
    labels.join(' '),
    line.id,
  ]);
}
