import { Module } from '@nestjs/common';
import { readAgentSettings } from '#apps/lane-agent/agent-settings';
import { LaneAgent } from '#apps/lane-agent/lane-agent';
import { HealthModule } from '#platform/http/health.module';

@Module({
  providers: [{ provide: LaneAgent, useFactory: () => new LaneAgent(readAgentSettings()) }],
  exports: [LaneAgent],
})
class NodeModule {}

@Module({
  imports: [
    NodeModule,
    HealthModule.with({
      imports: [NodeModule],
      inject: [LaneAgent],
      checks: (agent: LaneAgent) => [
        { name: 'temporal', check: () => agent.checkTemporal() },
        { name: 'scheduler', check: () => agent.checkScheduler() },
      ],
    }),
  ],
})
export class LaneAgentModule {}
