/** What a switch stops: new generations, calls to customers, or the loading of batches. */
export const STOPPABLE = ['submits', 'webhooks', 'ingestion'] as const;
export type Stoppable = (typeof STOPPABLE)[number];

export const SWITCH_SCOPES = ['all', 'tenant', 'pool', 'model'] as const;
export type SwitchScope = (typeof SWITCH_SCOPES)[number];

/** Scopes that the platform can honour at the one point where each kind of work begins. */
export const SCOPES_OF: Readonly<Record<Stoppable, readonly SwitchScope[]>> = {
  submits: SWITCH_SCOPES,
  // A row of a batch, like a call, is met by its tenant: its model is known only once it is read.
  webhooks: ['all', 'tenant'],
  ingestion: ['all', 'tenant'],
};

export interface Stop {
  stops: Stoppable;
  scope: SwitchScope;
  /** The tenant's id, the pool class or the model; null for all. */
  subject: string | null;
}

/** A stop that operators have set. */
export interface Switch extends Stop {
  id: string;
  /** Told to the callers that meet it. */
  reason: string;
  setAt: Date;
  /** Null: when it is lifted. */
  endsAt: Date | null;
}

/** What begins, as a switch sees it. */
export interface Beginning {
  tenantId: string;
  poolClass?: string;
  model?: string;
}

/** A refusal of a submit that meets a switch. */
export interface SwitchedOff {
  refused: 'switched_off';
  reason: string;
  retryAfterMs: number;
}

/** Without an end a caller looks again so soon. */
const LOOK_AGAIN_MS = 60_000;
/** A long switch may be lifted early: nobody is sent away for longer. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;

export function isKnownStop({ stops, scope, subject }: Stop): boolean {
  return SCOPES_OF[stops].includes(scope) && (subject === null) === (scope === 'all');
}

/** The switch that stops it, of several the one that ends last, so that a caller is not sent from one to the next. */
export function switchThatStops(switches: readonly Switch[], stops: Stoppable, beginning: Beginning, now: Date): SwitchedOff | undefined {
  const met = switches.filter((one) => one.stops === stops && isMet(one, beginning) && !hasEnded(one, now));
  if (met.length === 0) return undefined;
  const last = met.reduce((a, b) => (endOf(b) > endOf(a) ? b : a));
  const leftMs = last.endsAt === null ? LOOK_AGAIN_MS : last.endsAt.getTime() - now.getTime();
  return { refused: 'switched_off', reason: last.reason, retryAfterMs: Math.min(leftMs, MAX_RETRY_AFTER_MS) };
}

function hasEnded({ endsAt }: Switch, now: Date): boolean {
  return endsAt !== null && endsAt <= now;
}

function endOf({ endsAt }: Switch): number {
  return endsAt?.getTime() ?? Number.POSITIVE_INFINITY;
}

function isMet({ scope, subject }: Stop, { tenantId, poolClass, model }: Beginning): boolean {
  switch (scope) {
    case 'all':
      return true;
    case 'tenant':
      return subject === tenantId;
    case 'pool':
      return subject === poolClass;
    case 'model':
      return subject === model;
  }
}
