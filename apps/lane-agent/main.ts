import { z } from 'zod';
import { LaneAgentModule } from '#apps/lane-agent/lane-agent.module';
import { readEnvironment } from '#platform/config/read-environment';
import { runApp } from '#platform/process/run-app';

const { HALOGEN_HEALTH_HOST, HALOGEN_HEALTH_PORT } = readEnvironment(
  z.object({
    HALOGEN_HEALTH_HOST: z.string().default('127.0.0.1'),
    HALOGEN_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  }),
);

await runApp({ module: LaneAgentModule, host: HALOGEN_HEALTH_HOST, port: HALOGEN_HEALTH_PORT });
