import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const HEARTBEAT_EVERY_MS = 4_000;

/** Tells Temporal that a long step is alive, so that another worker takes over soon when this one is not. Local activities need none. */
export const heartbeats: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      if (context.info.isLocal) return next(input);
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        return await next(input);
      } finally {
        clearInterval(beat);
      }
    },
  },
});
