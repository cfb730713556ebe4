import type { Measurement } from '#bench/measurement';
import type { Supervisor } from '#infra/local/supervisor';

/** What every benchmark gets. */
export interface BenchContext {
  rounds: number;
  /** Rows of a bulk upload or a campaign, if asked for. */
  rows?: number;
  /** Leaves out what takes minutes; the lines that need it are missing then. */
  quick: boolean;
  /** A folder that is removed afterwards. */
  homeDir: string;
  /** Ends what the benchmark started, however it ends. */
  supervisor: Supervisor;
  /** Progress, one line each; not part of the result. */
  report(line: string): void;
}

export interface Bench {
  summary: string;
  /** Yields each measurement as soon as it stands. */
  run(context: BenchContext): AsyncIterable<Measurement>;
}
