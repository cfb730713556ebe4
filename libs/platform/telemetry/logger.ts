import type { LoggerService } from '@nestjs/common';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import { z } from 'zod';
import { readEnvironment } from '#platform/config/read-environment';
import { isPlain, loggable, maskSecretTexts } from '#platform/telemetry/redaction';

export interface LoggerSettings {
  readonly service: string;
  /** Lines below it are dropped. */
  readonly level: Level;
}

/** JSON lines with time, level, service and the ids of the active span; prompts and keys never get into one. (What is bound to a
 * child logger is written as it is: bind ids only.) */
export function createLogger({ service, level }: LoggerSettings, destination: DestinationStream = pino.destination(1)): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: activeSpanIds,
      serializers: { err: (summary) => summary }, // made by `loggable`
      formatters: { level: (label) => ({ level: label }), log: loggable },
      hooks: { streamWrite: maskSecretTexts },
    },
    destination,
  );
}

/** The logger that Nest and every class that uses Nest's `Logger` write to. Service and level come from the environment. */
export function nestLogger(logger: Logger = createLogger(settingsFromEnvironment())): NestLogger {
  return new NestLogger(logger);
}

/**
 * Nest's calls as pino's. Ours rather than nestjs-pino's: its Logger drops objects that follow a message, and its NativeLogger
 * writes an error after a message as a line of its own.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest's convention: the last text is the context, a text with frames is a stack, objects are fields. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const fields: Record<string, unknown> = {};
    for (const part of typeof message === 'object' ? [message, ...rest] : rest) {
      if (part instanceof Error) fields.err = part;
      else if (typeof part === 'string' && /\n\s+at /.test(part)) fields.stack = part;
      else if (typeof part === 'string') fields.context = part;
      else if (typeof part !== 'object' || part === null) continue;
      else if (isPlain(part)) Object.assign(fields, part);
      else fields.object = part;
    }
    if (typeof message !== 'object') this.logger[level](fields, String(message));
    else this.logger[level](fields, message instanceof Error ? message.message : undefined);
  }
}

function activeSpanIds(): object {
  const active = trace.getActiveSpan()?.spanContext();
  return active && isSpanContextValid(active) ? { trace_id: active.traceId, span_id: active.spanId } : {};
}

function settingsFromEnvironment(): LoggerSettings {
  const { OTEL_SERVICE_NAME, LOG_LEVEL } = readEnvironment(
    z.object({
      OTEL_SERVICE_NAME: z.string().default('halogen'),
      LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    }),
  );
  return { service: OTEL_SERVICE_NAME, level: LOG_LEVEL };
}
