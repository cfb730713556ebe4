import { readFile } from 'node:fs/promises';

/** Of Linux on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * User and system time that a process and its children have taken so far, in µs. What a request takes of it says the same whatever else
 * the machine does, unlike how many there are a second.
 */
export async function cpuUsOf(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
  const each = await Promise.all([pid, ...children].map(ownCpuUs));
  return each.reduce((sum, us) => sum + us, 0);
}

/** Without its living children; with what children took that have ended. Nothing for a process that is gone. */
export async function ownCpuUs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return (ticks / TICKS_PER_SECOND) * 1_000_000;
}
