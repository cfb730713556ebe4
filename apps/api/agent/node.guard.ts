import { createHash } from 'node:crypto';
import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refused } from '#apps/api/errors/refused';
import { WorkOrdersService } from '#features/generations/work-orders.service';

type NodeRequest = FastifyRequest & { nodeId?: string };

/** Lets in a node by its own revocable token. */
@Injectable()
export class NodeGuard implements CanActivate {
  constructor(private readonly workOrders: WorkOrdersService) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const request = host.switchToHttp().getRequest<NodeRequest>();
    const token = /^Bearer +(\S{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
    const nodeId = token && (await this.workOrders.nodeOfToken(createHash('sha256').update(token).digest('hex')));
    if (!nodeId) throw new Refused('not_authenticated', 'Not a node token, or a revoked one');
    request.nodeId = nodeId;
    return true;
  }
}

/** The node that `NodeGuard` let in. */
export const NodeOf = createParamDecorator((_: unknown, host: ExecutionContext) => host.switchToHttp().getRequest<NodeRequest>().nodeId);
