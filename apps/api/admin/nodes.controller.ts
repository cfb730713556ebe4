import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { cordonNode, drainNode, getNode, listNodes, type NodeReason, type NodesQuery, uncordonNode } from '#contracts/admin/nodes';
import type { Caller } from '#core/access/caller';
import { NodesService, type NodeView } from '#features/nodes/nodes.service';

/** Nodes in operators' hands. */
@Controller()
export class NodesController {
  constructor(private readonly nodes: NodesService) {}

  @Operation(listNodes)
  async list(@Query(valid(listNodes.query, 'query')) { site, ...wish }: NodesQuery) {
    return { nodes: (await this.nodes.list({ ...wish, siteId: site })).map(nodeView) };
  }

  @Operation(getNode)
  async find(@Param('nodeId') nodeId: string) {
    const { node, jobs, emptyAt } = accepted(await this.nodes.find(nodeId));
    return {
      node: nodeView(node),
      emptyAt: emptyAt?.toISOString() ?? null,
      jobs: jobs.map((job) => ({
        ...job,
        admittedAt: job.admittedAt.toISOString(),
        beganAt: job.beganAt?.toISOString() ?? null,
        expectedEndAt: job.expectedEndAt.toISOString(),
      })),
    };
  }

  @Operation(cordonNode)
  async cordon(@CallerOf() caller: Caller, @Param('nodeId') nodeId: string, @Body(valid(cordonNode.body)) { reason }: NodeReason) {
    accepted(await this.nodes.act(caller, nodeId, 'cordon', reason));
  }

  @Operation(drainNode)
  async drain(@CallerOf() caller: Caller, @Param('nodeId') nodeId: string, @Body(valid(drainNode.body)) { reason }: NodeReason) {
    accepted(await this.nodes.act(caller, nodeId, 'drain', reason));
  }

  @Operation(uncordonNode)
  async uncordon(@CallerOf() caller: Caller, @Param('nodeId') nodeId: string, @Body(valid(uncordonNode.body)) { reason }: NodeReason) {
    accepted(await this.nodes.act(caller, nodeId, 'uncordon', reason));
  }
}

function nodeView({ lastHeardAt, ...node }: NodeView) {
  return { ...node, lastHeardAt: lastHeardAt?.toISOString() ?? null };
}
