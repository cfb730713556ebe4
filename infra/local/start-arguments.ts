import { parseArgs } from 'node:util';

export const START_HELP = `npm start -- [options]

Starts Halogen with everything it needs, sends a first generation through it and keeps serving.

  --once        end after the first generation
  --home DIR    data, secrets, logs and run.json (default .halogen)
  --port N      of the API (default 8080)
  --help

Your own servers instead of ours: DATABASE_URL (an owner that may create roles), REDIS_URL, TEMPORAL_ADDRESS.
Instant media: HALOGEN_REFERENCE_MODE=instant.`;

export interface StartArguments {
  once: boolean;
  homeDir: string;
  port: number;
  help: boolean;
}

const LAST_PORT = 65_535;

/** Throws an error written for the user. */
export function startArguments(args: string[]): StartArguments {
  const { values } = parsed(args);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port < 1 || port > LAST_PORT)
    throw new Error(`--port wants a number from 1 to ${LAST_PORT}, not "${values.port}"`);
  if (values.home === '') throw new Error('--home wants a folder');
  return { once: values.once, homeDir: values.home, port, help: values.help };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        once: { type: 'boolean', default: false },
        home: { type: 'string', default: '.halogen' },
        port: { type: 'string', default: '8080' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}. See npm start -- --help`);
  }
}
