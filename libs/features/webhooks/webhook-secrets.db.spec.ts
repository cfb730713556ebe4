import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { newSecret } from '#features/webhooks/sign-message';
import { until } from '#features/webhooks/testing/until';
import { ENCRYPTION_KEY, verified, WebhookEngine } from '#features/webhooks/testing/webhook-engine';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys, newEncryptionKey } from '#platform/encryption/encryption-keys';
import type { ReceivedCall } from '#testing/callback-receiver';

let engine: WebhookEngine;

beforeAll(async () => {
  engine = await WebhookEngine.start();
});
afterAll(() => engine.stop());
beforeEach(() => engine.begin());
afterEach(() => engine.end());

it('signs with the old secret and the new one while both are good', async () => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'));
  const newer = newSecret('hmac').secret;
  engine.noteSecret(engine.receiver.url('/hook'), newer);
  await engine.owner.query("UPDATE webhook_secrets SET expires_at = now() + $2 * interval '1 hour' WHERE endpoint_id = $1", [
    endpoint.id,
    24,
  ]);
  await engine.owner.query('INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) VALUES ($1, $2, $3)', [
    engine.tenantId,
    endpoint.id,
    newer,
  ]);
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(endpoint.id, 1);
  const [call] = engine.receiver.calls as [ReceivedCall];
  expect(verified(call, endpoint.secret)).toEqual(verified(call, newer));

  await engine.owner.query('UPDATE webhook_secrets SET expires_at = now() WHERE endpoint_id = $1 AND expires_at IS NOT NULL', [
    endpoint.id,
  ]);
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(endpoint.id, 2);
  const last = engine.receiver.calls[1] as ReceivedCall;
  expect(verified(last, newer)).toMatchObject({ type: 'key.revoked' });
  expect(() => verified(last, endpoint.secret)).toThrow('No matching signature');
});

it('encrypts secrets and headers from before there was a key, and all of them again for a new one', async () => {
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'), { headers: { 'x-token': 'of the receiver' } });
  const kept = async () => {
    const [row] = await engine.owner.query<{ secret: string; headers: string }>(
      `SELECT secret, headers #>> '{}' AS headers FROM webhook_secrets s JOIN webhook_endpoints e ON e.id = s.endpoint_id WHERE e.id = $1`,
      [endpoint.id],
    );
    return row as { secret: string; headers: string };
  };
  const young = newEncryptionKey('young');
  for (const [keys, id] of [
    [ENCRYPTION_KEY, 'test'],
    [`${young},${ENCRYPTION_KEY}`, 'young'],
    [young, 'young'],
  ] as const) {
    await engine.startWorker({ keys: new EncryptionKeys(keys) });
    await until(async () => (await kept()).headers.startsWith(`encrypted.1.${id}.`) || undefined);
    expect((await kept()).secret).toMatch(new RegExp(`^encrypted\\.1\\.${id}\\.`));
    await engine.tell('key.revoked', { keyId: randomUUID() });
    const calls = await until(async () => (engine.receiver.calls.length > 0 ? engine.receiver.calls.splice(0) : undefined));
    expect(verified(calls[0] as ReceivedCall, endpoint.secret)).toMatchObject({ type: 'key.revoked' });
    expect(calls[0]?.headers).toMatchObject({ 'x-token': 'of the receiver' });
    await engine.stopWorker();
  }
});

it('lets nobody but the control role read a secret or a header', async () => {
  await engine.addEndpoint(engine.receiver.url('/hook'));
  const api = new HotPool({ url: engine.database.apiUrl, applicationName: 'test', maxConnections: 1 });
  for (const sql of ['SELECT secret FROM webhook_secrets', 'SELECT headers FROM webhook_endpoints', 'SELECT * FROM webhook_secrets'])
    await expect(api.transaction('read', [engine.tenantId], (tx) => tx.query(sql))).rejects.toThrow('permission denied');
  expect(await engine.control.query('SELECT secret FROM webhook_secrets')).toHaveLength(1);
  await api.close();
});
