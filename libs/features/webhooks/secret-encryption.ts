import { Inject, Injectable } from '@nestjs/common';
import { aboutHeaders, aboutSecret, decryptHeaders, encryptHeaders, type KeptHeaders } from '#features/webhooks/encrypted-endpoint';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';
import { Sweep } from '#platform/outbox/sweep';

const ENCRYPT_EVERY_MS = 3_600_000;
const MAX_ENCRYPTED_AT_ONCE = 500;

/** Encrypts what is not encrypted with the first key: rows from before there was one, and all rows after a new key was put in front. */
@Injectable()
export class SecretEncryption extends Sweep {
  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(EncryptionKeys) private readonly keys: EncryptionKeys,
  ) {
    super({ name: 'secret encryption', everyMs: ENCRYPT_EVERY_MS });
  }

  async sweep(): Promise<void> {
    for (const encryptSome of [() => this.encryptSecrets(), () => this.encryptHeaders()])
      while (!this.isStopping && (await encryptSome()) === MAX_ENCRYPTED_AT_ONCE);
  }

  /** @returns how many */
  private async encryptSecrets(): Promise<number> {
    const rows = await this.pool.query<{ tenant_id: string; endpoint_id: string; id: string; secret: string }>(
      'SELECT tenant_id, endpoint_id, id, secret FROM webhook_secrets WHERE NOT starts_with(secret, $1) LIMIT $2',
      [this.keys.currentPrefix, MAX_ENCRYPTED_AT_ONCE],
    );
    const encrypted = rows.map(({ tenant_id, endpoint_id, secret }) => {
      const about = aboutSecret(tenant_id, endpoint_id);
      return this.keys.encrypt(this.keys.decrypt(secret, about), about);
    });
    await this.pool.query(
      `UPDATE webhook_secrets s SET secret = new.encrypted
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS new (tenant_id, endpoint_id, id, encrypted)
        WHERE s.tenant_id = new.tenant_id AND s.endpoint_id = new.endpoint_id AND s.id = new.id`,
      [rows.map((row) => row.tenant_id), rows.map((row) => row.endpoint_id), rows.map((row) => row.id), encrypted],
    );
    return rows.length;
  }

  /** @returns how many. A customer who changes headers meanwhile keeps the change. */
  private async encryptHeaders(): Promise<number> {
    const rows = await this.pool.query<{ tenant_id: string; id: string; headers: KeptHeaders }>(
      `SELECT tenant_id, id, headers FROM webhook_endpoints
        WHERE headers <> '{}' AND NOT starts_with(coalesce(headers #>> '{}', ''), $1) LIMIT $2`,
      [this.keys.currentPrefix, MAX_ENCRYPTED_AT_ONCE],
    );
    const encrypted = rows.map(({ tenant_id, id, headers }) => {
      const about = aboutHeaders(tenant_id, id);
      return encryptHeaders(this.keys, decryptHeaders(this.keys, headers, about), about);
    });
    await this.pool.query(
      `UPDATE webhook_endpoints e SET headers = new.encrypted
         FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::jsonb[]) AS new (tenant_id, id, before, encrypted)
        WHERE e.tenant_id = new.tenant_id AND e.id = new.id AND e.headers = new.before`,
      [rows.map((row) => row.tenant_id), rows.map((row) => row.id), rows.map(({ headers }) => JSON.stringify(headers)), encrypted],
    );
    return rows.length;
  }
}
