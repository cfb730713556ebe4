import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { ProviderSignIns } from '#apps/api/sign-in/provider-sign-ins';
import type { TenantQuery } from '#contracts/native/common';
import { getConnectionTest, type StartTest, startConnectionTest } from '#contracts/native/connection-tests';
import type { Caller } from '#core/access/caller';
import { ConnectionTests, type TestOutcome } from '#features/sign-in/connection-tests.service';

/** Tests of connections, by whoever sets them up. */
@Controller()
export class ConnectionTestsController {
  constructor(
    private readonly tests: ConnectionTests,
    private readonly signIns: ProviderSignIns,
    private readonly cookie: SessionCookie,
  ) {}

  @Operation(startConnectionTest)
  async start(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(startConnectionTest.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(startConnectionTest.body)) { returnTo }: StartTest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const sent = await this.tests.start(caller, tenant, idOf(id), returnTo, (connection, errand) => this.signIns.start(connection, errand));
    const { url, browser } = accepted(sent);
    reply.header('set-cookie', this.cookie.keepPending(browser)).header('cache-control', 'no-store');
    return { url };
  }

  @Operation(getConnectionTest)
  async last(@CallerOf() caller: Caller, @Param('id') id: string, @Query(valid(getConnectionTest.query, 'query')) { tenant }: TenantQuery) {
    const row = accepted(await this.tests.last(caller, tenant, idOf(id)));
    if (!row) return { test: null };
    const { started_at, finished_at, outcome, isOfNewest } = row;
    return {
      test: {
        isOfNewest,
        startedAt: started_at.toISOString(),
        finishedAt: finished_at?.toISOString() ?? null,
        outcome: outcome && outcomeView(outcome),
      },
    };
  }
}

const NOTHING = { rule: null, detail: null, email: null, emailClaim: null, name: null, nameClaim: null };

function outcomeView(outcome: TestOutcome) {
  return { ...NOTHING, ...outcome };
}
