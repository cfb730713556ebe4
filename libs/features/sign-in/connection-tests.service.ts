import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { type ClaimFinding, type Claims, isUsable, type MappedPerson, withDomains } from '#core/access/claims';
import { takesEffect } from '#core/access/connection';
import { type Actor, actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { type KnownConnection, KnownConnections } from '#features/sign-in/known-connections.service';
import { type Errand, hashOf } from '#features/sign-in/pending';
import { mappedBy, type ProviderWord } from '#features/sign-in/provider-word';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What was shown of claims is enough to see which one is missing. */
const MAX_CLAIMS_KEPT = 50;
const MAX_VALUES_KEPT = 20;
const MAX_VALUE_CHARACTERS = 500;

/** What a test came to. */
export interface TestOutcome {
  passed: boolean;
  /** An owner of the tenant is whom the claims name. */
  isByOwner: boolean;
  /** The settings that passed are what people sign in by from now on. */
  tookEffect: boolean;
  /** The rule that the answer broke. */
  rule?: string;
  detail?: string;
  findings: readonly ClaimFinding[];
  email?: string;
  emailClaim?: string;
  name?: string;
  nameClaim?: string;
  claims: Claims;
}

export interface TestRow {
  /** Whether nothing was entered since. */
  isOfNewest: boolean;
  started_at: Date;
  finished_at: Date | null;
  outcome: TestOutcome | null;
}

interface RunningTest {
  version: number;
  actor_tenant_id: string;
  actor_kind: 'api_key' | 'person' | 'setup_link';
  actor_id: string;
}

/**
 * Sign-ins that let nobody in: they show what a provider says, and bring the settings that they prove into effect. A connection's last
 * test is kept.
 */
@Injectable()
export class ConnectionTests {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
    private readonly connections: KnownConnections,
  ) {}

  /** Notes a new test, which takes the place of the one before. @param send sends the browser to the provider */
  async start(
    caller: Caller,
    tenant: string | undefined,
    connectionId: string,
    returnTo: string,
    send: (connection: KnownConnection, errand: Errand) => Promise<{ url: string; browser: string } | NamedRefusal>,
  ): Promise<{ url: string; browser: string } | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const { tenantId } = reached;
    const last = await this.last(caller, tenant, connectionId);
    if (last && 'refused' in last) return last;
    const connection = await this.connections.find(tenantId, connectionId, 'tested');
    if (!connection) return { refused: 'not_possible', detail: 'Enter the identity provider first' };
    const testId = uuidv7();
    const sent = await send(connection, { returnTo, testId });
    if ('refused' in sent) return sent;
    const actor = actorOf(caller) as Exclude<Actor, { kind: 'system' }>;
    await this.db.transaction('start test', [tenantId], (tx) =>
      tx.query(
        `INSERT INTO sign_in_tests AS t (tenant_id, connection_id, id, version, actor_tenant_id, actor_kind, actor_id, browser_sha256, return_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant_id, connection_id) DO UPDATE SET
           id = EXCLUDED.id, version = EXCLUDED.version, actor_tenant_id = EXCLUDED.actor_tenant_id, actor_kind = EXCLUDED.actor_kind,
           actor_id = EXCLUDED.actor_id, browser_sha256 = EXCLUDED.browser_sha256, return_to = EXCLUDED.return_to, started_at = now(), word = NULL, code_sha256 = NULL,
           outcome = NULL, finished_at = NULL`,
        [tenantId, connectionId, testId, connection.version, actor.tenantId, actor.kind, actor.id, hashOf(sent.browser), returnTo],
      ),
    );
    return sent;
  }

  /** The last test of a connection. */
  async last(caller: Caller, tenant: string | undefined, connectionId: string): Promise<TestRow | null | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const rows = await this.db.transaction('last test', [reached.tenantId], (tx) =>
      tx.query<TestRow | { started_at: null }>(
        `SELECT t.version = c.version AS "isOfNewest", t.started_at, t.finished_at, t.outcome FROM sign_in_connections c
           LEFT JOIN sign_in_tests t ON t.tenant_id = c.tenant_id AND t.connection_id = c.id
          WHERE c.tenant_id = $1 AND c.id = $2 AND c.removed_at IS NULL`,
        [reached.tenantId, connectionId],
      ),
    );
    const [row] = rows;
    if (!row) return NOT_FOUND;
    return row.started_at === null ? null : row;
  }

  /** Keeps what came by a POST that no cookie came with, until the browser shows that it asked. @param code by which it does */
  async keepWord({ tenantId, id }: KnownConnection, testId: string, word: ProviderWord, code: string): Promise<boolean> {
    const kept = await this.db.transaction('keep word', [tenantId], (tx) =>
      tx.query(
        `UPDATE sign_in_tests SET word = $4, code_sha256 = $5 WHERE tenant_id = $1 AND connection_id = $2 AND id = $3 AND finished_at IS NULL
         RETURNING 1`,
        [tenantId, id, testId, JSON.stringify(word), hashOf(code)],
      ),
    );
    return kept.length > 0;
  }

  /** @returns where the test began, for the browser that began it */
  async concludeByCode(
    connection: KnownConnection,
    { code, browser }: { code: string; browser: string },
  ): Promise<{ returnTo: string } | undefined> {
    const { tenantId, id } = connection;
    const [test] = await this.db.transaction('take word', [tenantId], (tx) =>
      tx.query<{ id: string; word: ProviderWord; return_to: string }>(
        `UPDATE sign_in_tests SET code_sha256 = NULL, word = NULL
          WHERE tenant_id = $1 AND connection_id = $2 AND code_sha256 = $3 AND browser_sha256 = $4
         RETURNING id, old.word, return_to`,
        [tenantId, id, hashOf(code), hashOf(browser)],
      ),
    );
    if (!test) return undefined;
    await this.conclude(connection, test.id, test.word);
    return { returnTo: test.return_to };
  }

  /** Judges what the provider said. Settings that pass take effect, unless others have come meanwhile. */
  async conclude(connection: KnownConnection, testId: string, word: ProviderWord): Promise<void> {
    const { tenantId, id } = connection;
    await this.db.transaction('conclude test', [tenantId], async (tx) => {
      const [current] = await tx.query<{ version: number }>(
        'SELECT version FROM sign_in_connections WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL FOR UPDATE',
        [tenantId, id],
      );
      const [test] = await tx.query<RunningTest>(
        `SELECT version, actor_tenant_id, actor_kind, actor_id FROM sign_in_tests
          WHERE tenant_id = $1 AND connection_id = $2 AND id = $3 AND finished_at IS NULL FOR UPDATE`,
        [tenantId, id, testId],
      );
      if (!current || !test) return; // removed, or another test has begun: this one says nothing any more
      const isCurrent = test.version === current.version && test.version === connection.version;
      const said: ProviderWord = isCurrent ? word : { rule: 'edited_meanwhile' };
      const outcome = await this.judge(tx, connection, said);
      await this.bringIntoEffect(tx, connection, outcome);
      await tx.query('UPDATE sign_in_tests SET outcome = $4, finished_at = now() WHERE tenant_id = $1 AND connection_id = $2 AND id = $3', [
        tenantId,
        id,
        testId,
        JSON.stringify(outcome),
      ]);
      const { passed, isByOwner, tookEffect, rule, findings } = outcome;
      const actor = { kind: test.actor_kind, id: test.actor_id, tenantId: test.actor_tenant_id };
      const data = { version: test.version, passed, isByOwner, tookEffect, ...(rule && { rule }), findings };
      await recordAudit(tx, [{ tenantId, actor, action: 'sign_in.tested', targetId: id, data }]);
    });
  }

  private async judge(tx: Tx, connection: KnownConnection, word: ProviderWord): Promise<TestOutcome> {
    const { tenantId, kind, state } = connection;
    const claims = bounded(word.claims ?? {});
    const domains = await tx.query<{ domain: string }>(
      'SELECT domain FROM sign_in_domains WHERE tenant_id = $1 AND verified_at IS NOT NULL',
      [tenantId],
    );
    const proven = domains.map(({ domain }) => domain);
    const person: MappedPerson | undefined = word.claims && withDomains(mappedBy(kind, word.claims), proven);
    const owners = await tx.query(`SELECT 1 FROM members WHERE tenant_id = $1 AND email = $2 AND role = 'owner' AND removed_at IS NULL`, [
      tenantId,
      person?.email ?? '',
    ]);
    const rule = 'rule' in word ? { rule: word.rule, ...(word.detail && { detail: word.detail }) } : {};
    const passed = !('rule' in word) && person !== undefined && isUsable(person.findings);
    const isByOwner = passed && owners.length > 0;
    const tookEffect = passed && takesEffect(state, isByOwner);
    const { findings = [], email, emailClaim, name, nameClaim } = person ?? {};
    return { passed, isByOwner, tookEffect, ...rule, findings, email, emailClaim, name, nameClaim, claims };
  }

  /** What was in effect before goes; until now it was what people signed in by. */
  private async bringIntoEffect(tx: Tx, { tenantId, id, state }: KnownConnection, { isByOwner, tookEffect }: TestOutcome) {
    if (!tookEffect) return;
    const [changed] = await tx.query<{ was_edited: boolean }>(
      `UPDATE sign_in_connections SET
         settings = coalesce(edited_settings, settings), secret = CASE WHEN edited_settings IS NULL THEN secret ELSE edited_secret END,
         is_owner_tested = $3 OR (edited_settings IS NULL AND is_owner_tested), edited_settings = NULL, edited_secret = NULL
        WHERE tenant_id = $1 AND id = $2
       RETURNING old.edited_settings IS NOT NULL AS was_edited`,
      [tenantId, id, isByOwner],
    );
    if (changed?.was_edited && state !== 'draft') {
      await recordEvents(tx, [{ tenantId, type: 'sign_in.connection_changed', data: { connectionId: id, state, what: 'settings' } }]);
    }
  }
}

/** As much of the claims as a page shows. */
function bounded(claims: Claims): Claims {
  return Object.fromEntries(
    Object.entries(claims)
      .slice(0, MAX_CLAIMS_KEPT)
      .map(([name, values]) => [
        name.slice(0, MAX_VALUE_CHARACTERS),
        values.slice(0, MAX_VALUES_KEPT).map((value) => value.slice(0, MAX_VALUE_CHARACTERS)),
      ]),
  );
}
