import { between, pick, seededRandom } from '#core/generations/seeded-random';
import { firstSubmitted, type SimulatedJob } from '#core/simulation/simulated-job';

interface BurstyLoad {
  seed: number;
  tenants: number;
  jobs: number;
  /** Mean lanes that the load would keep busy. */
  offeredLanes: number;
}

const MODELS = ['photon-1', 'photon-flash-1', 'ray-2', 'ray-flash-2', 'ray-1-6'] as const;

/** Jobs as a service sees them: few heavy tenants and many light ones, bursts of one tenant and model, run times with a long tail. */
export function burstyJobs({ seed, tenants, jobs: count, offeredLanes }: BurstyLoad): SimulatedJob[] {
  const random = seededRandom(seed);
  const bursts: Omit<SimulatedJob, 'submittedAt'>[][] = [];
  let jobs = 0;
  let workMs = 0;
  while (jobs < count) {
    const tenantId = `t${Math.floor(tenants * random() ** 3)}`;
    const model = pick(random, MODELS);
    const length = Math.min(count - jobs, Math.ceil(20 * random() ** 4));
    const burst = Array.from({ length }, () => ({ tenantId, model, lanes: 1, runMs: 1_000 * Math.exp(between(random, 2, 4.5)) }));
    workMs += burst.reduce((sum, { runMs }) => sum + runMs, 0);
    jobs += length;
    bursts.push(burst);
  }
  const spanMs = workMs / offeredLanes;
  return bursts
    .flatMap((burst) => {
      const beganAt = random() * spanMs;
      return burst.map((job) => ({ ...job, submittedAt: beganAt + random() * 2_000 }));
    })
    .sort(firstSubmitted);
}
