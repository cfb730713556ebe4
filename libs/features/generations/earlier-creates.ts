import { RESEND_KNOWN_MS } from '#core/access/once';
import type { SubmitCommand } from '#features/generations/submit-group';
import type { Tx } from '#platform/database/tx';

/** A create whose answer may have been lost. */
export interface EarlierCreate {
  generationId: string;
  body: string;
  createdAt: Date;
}

interface RecentCreate extends EarlierCreate {
  /** Re-sends that were answered with it. */
  answers: number;
  isChanged: boolean;
}

/** What a group must know of creates before it, to answer the same again. Read under the lock of the tenants' accounts, so that no other group decides meanwhile. */
export class EarlierCreates {
  private constructor(
    private readonly byKey: Map<string, EarlierCreate>,
    private readonly byBody: Map<string, RecentCreate[]>,
  ) {}

  /** Asks nothing when no member has a key or is sent again. */
  static async read(tx: Tx, commands: readonly SubmitCommand[]): Promise<EarlierCreates> {
    const keyed = commands.filter(({ once }) => once?.by === 'key');
    const resent = commands.filter(isResend);
    const [keyRows, recentRows] = await Promise.all([
      keyed.length === 0 ? [] : readKeys(tx, keyed),
      resent.length === 0 ? [] : readRecent(tx, resent),
    ]);
    return new EarlierCreates(
      new Map(keyRows.map((row) => [partsOf(row.tenant_id, row.api_key_id, row.key), createOf(row)])),
      Map.groupBy(
        recentRows.map((row) => ({
          ...createOf(row),
          answers: row.answers,
          isChanged: false,
          of: partsOf(row.tenant_id, row.api_key_id, row.body),
        })),
        ({ of }) => of,
      ),
    );
  }

  /** The create that this one repeats by its key. */
  ofKey({ tenantId, apiKeyId, once }: SubmitCommand): EarlierCreate | undefined {
    return once?.by === 'key' ? this.byKey.get(partsOf(tenantId, apiKeyId, once.key)) : undefined;
  }

  /**
   * The oldest create of this body that no re-send of this number was answered with yet: of ten identical creates with lost answers each
   * gets its own back, and a third try finds what the second one found.
   */
  ofBody(command: SubmitCommand): EarlierCreate | undefined {
    if (!isResend(command)) return undefined;
    const { triesBefore } = command.once;
    const found = this.byBody.get(bodyOf(command))?.find(({ answers }) => answers < triesBefore);
    if (!found) return undefined;
    found.answers = triesBefore;
    found.isChanged = true;
    return found;
  }

  /** A member of this group that came before others of it. */
  add(command: SubmitCommand, createdAt: Date): void {
    const create = { generationId: command.id, body: command.bodySha256, createdAt };
    if (command.once?.by === 'key') this.byKey.set(partsOf(command.tenantId, command.apiKeyId, command.once.key), create);
    else if (command.once)
      this.byBody.set(bodyOf(command), [...(this.byBody.get(bodyOf(command)) ?? []), { ...create, answers: 0, isChanged: false }]);
  }

  /** Remembers which re-sends were answered. */
  async save(tx: Tx): Promise<void> {
    const changed = [...this.byBody.values()].flat().filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    await tx.query(
      `UPDATE recent_creates r SET answers = v.answers
         FROM unnest($1::uuid[], $2::smallint[]) AS v (generation_id, answers) WHERE r.generation_id = v.generation_id`,
      [changed.map(({ generationId }) => generationId), changed.map(({ answers }) => answers)],
    );
  }
}

type Resent = SubmitCommand & { once: { by: 'tries'; triesBefore: number } };

function isResend(command: SubmitCommand): command is Resent {
  return command.once?.by === 'tries' && command.once.triesBefore > 0;
}

interface EarlierRow {
  tenant_id: string;
  api_key_id: string;
  body: string;
  generation_id: string;
  created_at: Date;
}

function readKeys(tx: Tx, keyed: readonly SubmitCommand[]): Promise<(EarlierRow & { key: string })[]> {
  return tx.query(
    `SELECT k.tenant_id, k.api_key_id, k.key, encode(k.body_sha256, 'hex') AS body, k.generation_id, k.created_at
       FROM idempotency_keys k
      WHERE (k.tenant_id, k.api_key_id, k.key) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]))`,
    [
      keyed.map(({ tenantId }) => tenantId),
      keyed.map(({ apiKeyId }) => apiKeyId),
      keyed.map(({ once }) => (once?.by === 'key' ? once.key : null)),
    ],
  );
}

function readRecent(tx: Tx, resent: readonly SubmitCommand[]): Promise<(EarlierRow & { answers: number })[]> {
  return tx.query(
    `SELECT r.tenant_id, r.api_key_id, encode(r.body_sha256, 'hex') AS body, r.generation_id, r.created_at, r.answers
       FROM recent_creates r
      WHERE (r.tenant_id, r.api_key_id, r.body_sha256) IN
            (SELECT tenant_id, api_key_id, decode(body, 'hex') FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS u (tenant_id, api_key_id, body))
        AND r.created_at > now() - $4 * interval '1 millisecond'
      ORDER BY r.created_at, r.generation_id`,
    [
      resent.map(({ tenantId }) => tenantId),
      resent.map(({ apiKeyId }) => apiKeyId),
      resent.map(({ bodySha256 }) => bodySha256),
      RESEND_KNOWN_MS,
    ],
  );
}

function createOf({ generation_id, body, created_at }: EarlierRow): EarlierCreate {
  return { generationId: generation_id, body, createdAt: created_at };
}

function bodyOf({ tenantId, apiKeyId, bodySha256 }: SubmitCommand): string {
  return partsOf(tenantId, apiKeyId, bodySha256);
}

function partsOf(...parts: string[]): string {
  return parts.join('/');
}
