import { randomUUID } from 'node:crypto';
import { DatabaseUnavailable } from '#platform/database/failures';
import type { LedgerWorks } from '#testing/ledger-works';

/** One finished call, as a checker of linearizability reads it. Times are nanoseconds since the history began. */
export interface Call {
  /** The client: calls of one client follow each other. */
  c: number;
  acct: string;
  t0: number;
  t1: number;
  op: 'topup' | 'hold' | 'settle' | 'release' | 'refund' | 'read';
  /** Of the top-up or the hold; calls with the same id are about the same one. Null for a read. */
  id: string | null;
  /** Micro-credits. */
  amt: number;
  /** It took effect, now or at an earlier call with this id. */
  ok: boolean;
  /** The id was sent again on purpose. */
  dup: boolean;
  /** Time-out or crash: it may or may not have taken effect. */
  unknown: boolean;
  /** What a read saw. */
  avail: number | null;
  held: number | null;
}

interface Hold {
  id: string;
  amountMicro: number;
}

interface Account {
  tenantId: string;
  callsLeft: number;
  /** What any client may end next. */
  holds: Hold[];
  /** What any client may have refunded next. */
  settled: Hold[];
}

/** Clients work on this many accounts at once, so that they meet on each and groups still carry several tenants. */
const ACCOUNTS_AT_ONCE = 2;
const TOP_UP_MICRO = 100;
const MAX_HOLD_MICRO = 40;
/** Of the endings, this share leaves the hold for another client to end as well: one of both must lose. */
const CONTESTED_SHARE = 0.2;
const REPEATED_SHARE = 0.15;

/** Lets clients make so many calls on each account, at the same time, and tells each call once it is over. */
export async function makeHistory(
  works: LedgerWorks,
  { tenantIds, callsAnAccount, clients }: { tenantIds: readonly string[]; callsAnAccount: number; clients: number },
  random: () => number,
  tell: (call: Call) => void,
): Promise<void> {
  const accounts = tenantIds.map((tenantId): Account => ({ tenantId, callsLeft: callsAnAccount, holds: [], settled: [] }));
  const beganAt = process.hrtime.bigint();
  const now = () => Number(process.hrtime.bigint() - beganAt);
  const nextAccount = () => {
    const open = accounts.filter(({ callsLeft }) => callsLeft > 0).slice(0, ACCOUNTS_AT_ONCE);
    return open[Math.floor(random() * open.length)];
  };
  const client = async (c: number) => {
    for (let account = nextAccount(); account; account = nextAccount()) {
      account.callsLeft -= 1;
      const { run, ...call } = nextCall(works, account, random);
      const t0 = now();
      try {
        const answer = await run();
        tell({ c, acct: account.tenantId, t0, t1: now(), ...call, unknown: false, ...answer });
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
        tell({ c, acct: account.tenantId, t0, t1: now(), ...call, ok: false, unknown: true, avail: null, held: null });
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, c) => client(c)));
}

type Answer = Pick<Call, 'ok' | 'avail' | 'held'> & { dup?: boolean };
type NextCall = Pick<Call, 'op' | 'id' | 'amt' | 'dup'> & { run(): Promise<Answer> };

function nextCall(works: LedgerWorks, account: Account, random: () => number): NextCall {
  const { tenantId, holds, settled } = account;
  const isRepeated = random() < REPEATED_SHARE;
  const kind = random();
  if (kind < 0.2) return read(works, tenantId);
  if (kind < 0.35) {
    const id = randomUUID();
    return { op: 'topup', id, amt: TOP_UP_MICRO, dup: false, run: () => told(works.topUp(tenantId, id, BigInt(TOP_UP_MICRO))) };
  }
  if (kind < 0.45 && settled.length > 0) return refund(works, account, random);
  if (kind < 0.65 || holds.length === 0) return hold(works, account, isRepeated, random);
  const at = Math.floor(random() * holds.length);
  const { id, amountMicro } = holds[at] as Hold;
  if (random() >= CONTESTED_SHARE) holds.splice(at, 1);
  if (random() < 0.5) return { op: 'release', id, amt: amountMicro, dup: false, run: () => told(works.release(tenantId, id)) };
  const run = async () => {
    const outcome = await works.settle(tenantId, id);
    if (outcome === 'settled') settled.push({ id, amountMicro });
    return { ok: outcome !== 'refused', dup: outcome === 'repeated', avail: null, held: null };
  };
  return { op: 'settle', id, amt: amountMicro, dup: false, run };
}

function hold(works: LedgerWorks, { tenantId, holds }: Account, isRepeated: boolean, random: () => number): NextCall {
  const earlier = isRepeated ? holds[Math.floor(random() * holds.length)] : undefined;
  if (earlier) {
    const { id, amountMicro } = earlier;
    return { op: 'hold', id, amt: amountMicro, dup: true, run: () => told(works.holdAgain(tenantId, id, BigInt(amountMicro))) };
  }
  const id = randomUUID();
  const amountMicro = 1 + Math.floor(random() * MAX_HOLD_MICRO);
  const run = async () => {
    const isHeld = await works.hold(tenantId, id, BigInt(amountMicro));
    if (isHeld) holds.push({ id, amountMicro });
    return { ok: isHeld, avail: null, held: null };
  };
  return { op: 'hold', id, amt: amountMicro, dup: false, run };
}

/** Of what was settled, all of it; a share is left for another client to refund as well: one of both must be refused. */
function refund(works: LedgerWorks, { tenantId, settled }: Account, random: () => number): NextCall {
  const at = Math.floor(random() * settled.length);
  const { id, amountMicro } = settled[at] as Hold;
  if (random() >= CONTESTED_SHARE) settled.splice(at, 1);
  return { op: 'refund', id, amt: amountMicro, dup: false, run: () => told(works.refund(tenantId, id)) };
}

function read(works: LedgerWorks, tenantId: string): NextCall {
  const run = async () => {
    const { availableMicro, reservedMicro } = await works.balance(tenantId);
    return { ok: true, avail: Number(availableMicro), held: Number(reservedMicro) };
  };
  return { op: 'read', id: null, amt: 0, dup: false, run };
}

async function told(outcome: Promise<boolean>): Promise<Answer> {
  return { ok: await outcome, avail: null, held: null };
}
