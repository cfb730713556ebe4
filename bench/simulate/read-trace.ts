import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { seededRandom } from '#core/generations/seeded-random';
import { firstSubmitted, type SimulatedJob } from '#core/simulation/simulated-job';

export interface TraceSettings {
  /** Gaps between arrivals are divided by it. */
  speed: number;
  /** Run times are multiplied by it. */
  runtimeScale: number;
  /** For the moments inside a second, where the trace does not tell them. */
  seed: number;
  /** Moments of the trace's own time, compared with `submitted_at`. */
  from?: string | undefined;
  to?: string | undefined;
}

const MAX_JOBS = 2_000_000;

/** Reads a CSV with `submitted_at, tenant, run_seconds[, lanes][, base_model][, output][, tier][, priority]`. Rows without a run time are left out. */
export function readTrace(csv: string, { speed, runtimeScale, seed, from, to }: TraceSettings): SimulatedJob[] {
  const [header = '', ...lines] = csv.split(/\r?\n/);
  const names = header.split(',').map((name) => name.trim());
  const column = (name: string) => names.indexOf(name);
  for (const name of ['submitted_at', 'tenant', 'run_seconds']) if (column(name) < 0) throw new Error(`the trace has no column ${name}`);
  const random = seededRandom(seed);
  const jobs: SimulatedJob[] = [];
  for (const line of lines) {
    const cells = line.split(',');
    const runSeconds = Number(cells[column('run_seconds')] ?? 0);
    const submittedAt = timeOf(cells[column('submitted_at')] ?? '');
    if (!(runSeconds > 0) || Number.isNaN(submittedAt)) continue;
    if ((from && submittedAt < timeOf(from)) || (to && submittedAt >= timeOf(to))) continue;
    if (jobs.length >= MAX_JOBS) throw new Error(`the trace has more than ${MAX_JOBS} jobs`);
    const tier = tierOf(cells[column('tier')]);
    jobs.push({
      tenantId: cells[column('tenant')] ?? '',
      model: cells[column('base_model')] ?? '',
      outputKey: cells[column('output')] ?? '',
      lanes: Number(cells[column('lanes')] ?? 1),
      submittedAt,
      runMs: (Math.round(runSeconds * 1_000_000) / 1_000) * runtimeScale,
      priority: Number(cells[column('priority')] ?? 0),
      ...(tier && { tier }),
    });
  }
  // One moment inside a second tells that the others on a whole second are meant so.
  if (jobs.every(({ submittedAt }) => submittedAt % 1_000 === 0)) for (const job of jobs) job.submittedAt += random() * 1_000;
  jobs.sort(firstSubmitted);
  const first = jobs[0]?.submittedAt ?? 0;
  return jobs.map((job) => ({ ...job, submittedAt: (job.submittedAt - first) / speed }));
}

function tierOf(word: string | undefined): ServiceTier | undefined {
  const tier = SERVICE_TIERS.find((each) => each === word);
  if (word && !tier) throw new Error(`the trace has an unknown tier: ${word}`);
  return tier;
}

/** Without a zone it is UTC. */
function timeOf(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
}
