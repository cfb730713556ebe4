import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { NodeGuard, NodeOf } from '#apps/api/agent/node.guard';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { WORK_ORDERS_PATH, type WorkOrder, WorkOrderRequest } from '#contracts/lanes/work-order';
import { WorkOrdersService } from '#features/generations/work-orders.service';

/** Where nodes fetch what a lease lets them do. */
@ApiExcludeController()
@UseGuards(NodeGuard)
@Controller(WORK_ORDERS_PATH)
export class WorkOrdersController {
  constructor(private readonly workOrders: WorkOrdersService) {}

  @Post()
  @HttpCode(200)
  async create(@NodeOf() nodeId: string, @Body(valid(WorkOrderRequest)) request: WorkOrderRequest): Promise<WorkOrder> {
    const order = await this.workOrders.workOrder(nodeId, request);
    if ('refused' in order) throw new Refused('lease_lost', 'This lease is not, or no longer, this node’s');
    return order;
  }
}
