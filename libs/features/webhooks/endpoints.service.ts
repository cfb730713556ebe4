import { Injectable } from '@nestjs/common';
import { v7 as newEndpointId } from 'uuid';
import type { EventType } from '#contracts/events/catalogue';
import { sampleData } from '#contracts/events/sample-event';
import type { CreateEndpoint, Endpoint, UpdateEndpoint } from '#contracts/native/webhooks';
import type { Caller } from '#core/access/caller';
import { MAX_ENDPOINTS_PER_TENANT, MAX_SIGNING_SECRETS, ROTATION_OVERLAP_HOURS } from '#core/webhooks/limits';
import { aboutHeaders, aboutSecret, encryptHeaders } from '#features/webhooks/encrypted-endpoint';
import { newSecret, type Signing } from '#features/webhooks/sign-message';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';
import { traceparentOf } from '#platform/telemetry/spans';

export type EndpointRefusal = {
  refused: 'not_found' | 'project_not_found' | 'too_many_endpoints' | 'too_many_secrets' | 'endpoint_disabled';
};
/** The secret is null for ed25519: a receiver needs the public key only. */
export type EndpointWithSecret = Endpoint & { secret: string | null };

/** A tenant's endpoints, as the tenant sees and changes them. Secrets and header values are encrypted here and never read. */
@Injectable()
export class EndpointsService {
  constructor(
    private readonly pool: HotPool,
    private readonly keys: EncryptionKeys,
  ) {}

  /** The URL has been judged already. */
  async create(caller: Caller, wish: CreateEndpoint): Promise<EndpointWithSecret | EndpointRefusal> {
    const { secret, publicKey } = secretFor(wish.signing, wish.secret);
    const id = newEndpointId();
    return this.in(caller, 'create endpoint', async (tx) => {
      const projectId = wish.projectId ?? caller.project?.id ?? null;
      if (projectId !== null && !(await isProjectOf(tx, caller, projectId))) return { refused: 'project_not_found' };
      // Two creates of one tenant count one after the other.
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`webhook endpoints of ${caller.tenantId}`]);
      const [counted] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM webhook_endpoints WHERE tenant_id = $1', [
        caller.tenantId,
      ]);
      if ((counted?.count ?? 0) >= MAX_ENDPOINTS_PER_TENANT) return { refused: 'too_many_endpoints' };
      const [row] = await tx.query<EndpointRow>(
        `INSERT INTO webhook_endpoints (tenant_id, id, project_id, url, description, event_types, signing, public_key, headers, header_names, max_per_second, fifo)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING ${COLUMNS}`,
        [
          caller.tenantId,
          id,
          projectId,
          wish.url,
          wish.description,
          wish.eventTypes,
          wish.signing,
          publicKey,
          encryptHeaders(this.keys, wish.headers, aboutHeaders(caller.tenantId, id)),
          Object.keys(wish.headers),
          wish.maxPerSecond,
          wish.fifo,
        ],
      );
      if (!row) throw new Error('an insert answered no row');
      await this.addSecret(tx, caller.tenantId, id, secret);
      return { ...endpointOf(row), secret: wish.signing === 'hmac' ? secret : null };
    });
  }

  async list(caller: Caller): Promise<Endpoint[]> {
    return this.in(caller, 'list endpoints', async (tx) => {
      const rows = await tx.query<EndpointRow>(
        `SELECT ${COLUMNS} FROM webhook_endpoints WHERE tenant_id = $1 AND ($2::uuid IS NULL OR project_id = $2) ORDER BY id`,
        [caller.tenantId, caller.project?.id ?? null],
      );
      return rows.map(endpointOf);
    });
  }

  async get(caller: Caller, id: string): Promise<Endpoint | EndpointRefusal> {
    return this.inEndpoint<Endpoint>(caller, id, 'get endpoint', async (tx) => {
      const [row] = await tx.query<EndpointRow>(`SELECT ${COLUMNS} FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2`, [
        caller.tenantId,
        id,
      ]);
      return row ? endpointOf(row) : { refused: 'not_found' };
    });
  }

  /** The URL, if there is a new one, has been judged already. */
  async update(caller: Caller, id: string, wish: UpdateEndpoint): Promise<Endpoint | EndpointRefusal> {
    const values: Record<string, unknown> = {
      ...(wish.url !== undefined && { url: wish.url }),
      ...(wish.description !== undefined && { description: wish.description }),
      ...(wish.eventTypes !== undefined && { event_types: wish.eventTypes }),
      ...(wish.headers !== undefined && {
        headers: encryptHeaders(this.keys, wish.headers, aboutHeaders(caller.tenantId, id)),
        header_names: Object.keys(wish.headers),
      }),
      ...(wish.maxPerSecond !== undefined && { max_per_second: wish.maxPerSecond }),
      ...(wish.fifo !== undefined && { fifo: wish.fifo }),
    };
    return this.change(caller, id, values, async (tx) => {
      if (wish.fifo === undefined) return;
      await tx.query(
        `UPDATE webhook_deliveries SET fifo = $3 WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending' AND fifo <> $3`,
        [caller.tenantId, id, wish.fifo],
      );
    });
  }

  enable(caller: Caller, id: string): Promise<Endpoint | EndpointRefusal> {
    const enabled = { disabled_at: null, disabled_reason: null, failing_since: null, probe_at: null, paused_until: null };
    return this.change(caller, id, enabled, (tx) => tx.query(`SELECT pg_notify('halogen_delivery', '')`));
  }

  disable(caller: Caller, id: string): Promise<Endpoint | EndpointRefusal> {
    return this.change(caller, id, { disabled_at: new Date(), disabled_reason: 'customer', probe_at: null });
  }

  async delete(caller: Caller, id: string): Promise<EndpointRefusal | undefined> {
    return this.inEndpoint<undefined>(caller, id, 'delete endpoint', async (tx) => {
      const deleted = await tx.query('DELETE FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 RETURNING 1', [caller.tenantId, id]);
      return deleted.length > 0 ? undefined : { refused: 'not_found' };
    });
  }

  /** The secret before goes on signing until the overlap is over; a secret that was replaced earlier keeps its own end. */
  async rotateSecret(caller: Caller, id: string, own?: string): Promise<EndpointWithSecret | EndpointRefusal> {
    return this.inEndpoint<EndpointWithSecret>(caller, id, 'rotate secret', async (tx) => {
      const [found] = await tx.query<EndpointRow>(`SELECT ${COLUMNS} FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [
        caller.tenantId,
        id,
      ]);
      if (!found) return { refused: 'not_found' };
      const { signing } = found;
      const { secret, publicKey } = secretFor(signing, signing === 'hmac' ? own : undefined);
      await tx.query('DELETE FROM webhook_secrets WHERE tenant_id = $1 AND endpoint_id = $2 AND expires_at <= now()', [
        caller.tenantId,
        id,
      ]);
      const good = await tx.query(
        `UPDATE webhook_secrets SET expires_at = coalesce(expires_at, now() + $3 * interval '1 hour')
          WHERE tenant_id = $1 AND endpoint_id = $2 RETURNING 1`,
        [caller.tenantId, id, ROTATION_OVERLAP_HOURS],
      );
      if (good.length >= MAX_SIGNING_SECRETS) throw new TooManySecrets();
      await this.addSecret(tx, caller.tenantId, id, secret);
      const [row] = await tx.query<EndpointRow>(
        `UPDATE webhook_endpoints SET public_key = $3, updated_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
        [caller.tenantId, id, publicKey],
      );
      if (!row) throw new Error('a locked row is gone');
      return { ...endpointOf(row), secret: signing === 'hmac' ? secret : null };
    }).catch((error): EndpointRefusal => {
      if (error instanceof TooManySecrets) return { refused: 'too_many_secrets' };
      throw error;
    });
  }

  /** Announces a sample of an event to this endpoint alone, whatever it wants otherwise. @returns the event's id */
  async sendTest(caller: Caller, id: string, type: EventType): Promise<{ eventId: string } | EndpointRefusal> {
    const data = type === 'webhook.test' ? { endpointId: id } : sampleData(type);
    return this.inEndpoint<{ eventId: string }>(caller, id, 'test endpoint', async (tx) => {
      const [endpoint] = await tx.query<{ disabled_at: Date | null }>(
        'SELECT disabled_at FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2',
        [caller.tenantId, id],
      );
      if (!endpoint) return { refused: 'not_found' };
      if (endpoint.disabled_at) return { refused: 'endpoint_disabled' };
      const [event] = await tx.query<{ event_id: string }>(
        `WITH recorded AS (
           INSERT INTO events (tenant_id, endpoint_id, type, data, traceparent)
           VALUES ($1, $2, $4, $5, $3) RETURNING tenant_id, id, traceparent
         ), announced AS (
           INSERT INTO outbox (consumer, topic, tenant_id, event_id, payload, traceparent)
           SELECT 'delivery', 'event', tenant_id, id, jsonb_build_object('endpointId', $2::text), traceparent FROM recorded
         )
         SELECT id AS event_id, pg_notify('halogen_delivery', '') FROM recorded`,
        [caller.tenantId, id, traceparentOf() ?? null, type, data],
      );
      return { eventId: event?.event_id ?? '' };
    });
  }

  private async change(
    caller: Caller,
    id: string,
    values: Readonly<Record<string, unknown>>,
    then: (tx: Tx) => Promise<unknown> = async () => {},
  ): Promise<Endpoint | EndpointRefusal> {
    return this.inEndpoint<Endpoint>(caller, id, 'change endpoint', async (tx) => {
      const assignments = Object.keys(values).map((column, at) => `${column} = $${at + 3}, `);
      const [row] = await tx.query<EndpointRow>(
        `UPDATE webhook_endpoints SET ${assignments.join('')}updated_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
        [caller.tenantId, id, ...Object.values(values)],
      );
      if (!row) return { refused: 'not_found' };
      await then(tx);
      return endpointOf(row);
    });
  }

  /** A key of one project sees that project's endpoints only; the project of an endpoint never changes. */
  private inEndpoint<T>(
    caller: Caller,
    id: string,
    name: string,
    work: (tx: Tx) => Promise<T | EndpointRefusal>,
  ): Promise<T | EndpointRefusal> {
    return this.in<T | EndpointRefusal>(caller, name, async (tx) =>
      (await seesEndpoint(tx, caller, id)) ? work(tx) : { refused: 'not_found' },
    );
  }

  private async addSecret(tx: Tx, tenantId: string, endpointId: string, secret: string): Promise<void> {
    await tx.query('INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) VALUES ($1, $2, $3)', [
      tenantId,
      endpointId,
      this.keys.encrypt(secret, aboutSecret(tenantId, endpointId)),
    ]);
  }

  private in<T>({ tenantId }: Caller, name: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.pool.transaction(name, [tenantId], work);
  }
}

/** Whether this endpoint is the caller's tenant's, and of the caller's project if it has one. */
export async function seesEndpoint(tx: Tx, { tenantId, project }: Caller, id: string): Promise<boolean> {
  const found = await tx.query(
    'SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 AND ($3::uuid IS NULL OR project_id = $3)',
    [tenantId, id, project?.id ?? null],
  );
  return found.length > 0;
}

async function isProjectOf(tx: Tx, { tenantId, project }: Caller, projectId: string): Promise<boolean> {
  if (project && project.id !== projectId) return false;
  const found = await tx.query('SELECT 1 FROM projects WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL', [tenantId, projectId]);
  return found.length > 0;
}

/** Thrown inside the transaction, so that nothing of the rotation stays. */
class TooManySecrets extends Error {}

interface EndpointRow {
  id: string;
  project_id: string | null;
  url: string;
  description: string | null;
  event_types: string[] | null;
  signing: Signing;
  public_key: string | null;
  header_names: string[];
  max_per_second: number | null;
  fifo: boolean;
  disabled_at: Date | null;
  disabled_reason: 'customer' | 'gone' | 'failing' | null;
  failing_since: Date | null;
  paused_until: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** All that the API's role may read. */
const COLUMNS = `id, project_id, url, description, event_types, signing, public_key, header_names, max_per_second, fifo, disabled_at, disabled_reason,
  failing_since, paused_until, created_at, updated_at`;

function endpointOf(row: EndpointRow): Endpoint {
  const pausedUntil = row.paused_until && row.paused_until > new Date() ? row.paused_until : null;
  return {
    id: row.id,
    projectId: row.project_id,
    url: row.url,
    description: row.description,
    eventTypes: row.event_types,
    signing: row.signing,
    publicKey: row.public_key,
    headerNames: row.header_names,
    maxPerSecond: row.max_per_second,
    fifo: row.fifo,
    state: row.disabled_at ? 'disabled' : 'enabled',
    disabledReason: row.disabled_reason,
    disabledAt: row.disabled_at?.toISOString() ?? null,
    failingSince: row.failing_since?.toISOString() ?? null,
    pausedUntil: pausedUntil?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function secretFor(signing: Signing, own: string | undefined): { secret: string; publicKey: string | null } {
  return own === undefined ? newSecret(signing) : { secret: own, publicKey: null };
}
