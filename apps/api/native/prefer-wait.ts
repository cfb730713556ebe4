/** The longest a request waits for the end of a generation: below the time-outs of usual clients and balancers. */
const MAX_WAIT_SECONDS = 55;

const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i;

/** How long `Prefer: wait=N` (RFC 7240) asks to wait, bounded; undefined without it. */
export function waitSecondsOf(prefer: string | undefined): number | undefined {
  const seconds = prefer === undefined ? undefined : WAIT.exec(prefer)?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}
