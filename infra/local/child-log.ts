import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export const LOG_LIMIT_BYTES = 50 * 1024 * 1024;
/** Of the last output, kept to explain why a process did not come up. */
const TAIL_LINES = 15;
const ECHOES_PER_MINUTE = 20;
const ECHO_LENGTH = 300;
/** Longer lines are cut: a line without an end must not fill the memory. */
const LINE_LENGTH_LIMIT = 64 * 1024;

/** pino's levels: 50 is error, 60 is fatal. */
const ERROR_LEVEL = 50;

export interface ChildLogOptions {
  path: string;
  /** Gets the process's errors, cut short; at most 20 a minute. Without it nothing is echoed. */
  echo?(line: string): void;
  limitBytes?: number;
}

/** The log file of one child process. When it is full it becomes `<path>.1`, and the one before that is forgotten. */
export class ChildLog {
  private readonly limitBytes: number;
  private file: number;
  private sizeBytes: number;
  private readonly tailLines: string[] = [];
  private echoesLeft = ECHOES_PER_MINUTE;
  private echoMinute = 0;
  private unfinished = '';

  constructor(private readonly options: ChildLogOptions) {
    mkdirSync(dirname(options.path), { recursive: true });
    this.limitBytes = options.limitBytes ?? LOG_LIMIT_BYTES;
    this.file = openSync(options.path, 'a', 0o600);
    this.sizeBytes = statSync(options.path).size;
  }

  write(chunk: Buffer): void {
    if (this.sizeBytes + chunk.length > this.limitBytes) this.rotate();
    this.sizeBytes += writeSync(this.file, chunk);
    const lines = (this.unfinished + chunk.toString('utf8')).split('\n');
    this.unfinished = (lines.pop() ?? '').slice(0, LINE_LENGTH_LIMIT);
    for (const line of lines) this.look(line);
  }

  tail(): string {
    return this.tailLines.join('\n');
  }

  close(): void {
    closeSync(this.file);
  }

  private rotate(): void {
    closeSync(this.file);
    renameSync(this.options.path, `${this.options.path}.1`);
    this.file = openSync(this.options.path, 'a', 0o600);
    this.sizeBytes = 0;
  }

  private look(line: string): void {
    this.tailLines.push(line.slice(0, ECHO_LENGTH));
    if (this.tailLines.length > TAIL_LINES) this.tailLines.shift();
    const error = errorIn(line);
    if (!error || !this.options.echo) return;
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.echoMinute) [this.echoMinute, this.echoesLeft] = [minute, ECHOES_PER_MINUTE];
    if (this.echoesLeft-- > 0) this.options.echo(error);
  }
}

function errorIn(line: string): string | undefined {
  if (!line.startsWith('{')) return /^\s*(\w*Error|FATAL|PANIC)\b/.test(line) ? line.slice(0, ECHO_LENGTH) : undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    if (typeof level !== 'number' || level < ERROR_LEVEL) return undefined;
    const reason = err?.message && err.message !== msg ? `: ${err.message}` : '';
    return `${msg ?? 'error'}${reason}`.slice(0, ECHO_LENGTH);
  } catch {
    return undefined;
  }
}
