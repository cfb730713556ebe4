import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  type CreateEndpoint,
  createEndpoint,
  type DeliveriesQuery,
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  getDelivery,
  getEndpoint,
  listDeliveries,
  listEndpoints,
  type ReplayDeliveries,
  type RotateSecret,
  replayDeliveries,
  replayDelivery,
  rotateSecret,
  type TestEndpoint,
  testEndpoint,
  type UpdateEndpoint,
  updateEndpoint,
} from '#contracts/native/webhooks';
import type { Caller } from '#core/access/caller';
import { MAX_ENDPOINTS_PER_TENANT, MAX_SIGNING_SECRETS } from '#core/webhooks/limits';
import { DeliveryLogService } from '#features/webhooks/delivery-log.service';
import { type EndpointRefusal, EndpointsService } from '#features/webhooks/endpoints.service';
import { OutboundClient } from '#platform/http/outbound/outbound-client';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Where a tenant's events go, and the log of how they went. */
@Controller()
export class WebhooksController {
  constructor(
    private readonly endpoints: EndpointsService,
    private readonly log: DeliveryLogService,
    private readonly outbound: OutboundClient,
  ) {}

  @Operation(createEndpoint)
  async create(@CallerOf() caller: Caller, @Body(valid(createEndpoint.body)) wish: CreateEndpoint) {
    await this.judge(wish.url);
    return granted(await this.endpoints.create(caller, wish));
  }

  @Operation(listEndpoints)
  async list(@CallerOf() caller: Caller) {
    return { endpoints: await this.endpoints.list(caller) };
  }

  @Operation(getEndpoint)
  async get(@CallerOf() caller: Caller, @Param('id') id: string) {
    return granted(await this.endpoints.get(caller, knownForm(id)));
  }

  @Operation(updateEndpoint)
  async update(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(updateEndpoint.body)) wish: UpdateEndpoint) {
    if (wish.url !== undefined) await this.judge(wish.url);
    return granted(await this.endpoints.update(caller, knownForm(id), wish));
  }

  @Operation(deleteEndpoint)
  async delete(@CallerOf() caller: Caller, @Param('id') id: string): Promise<void> {
    const refusal = await this.endpoints.delete(caller, knownForm(id));
    if (refusal) granted(refusal);
  }

  @Operation(rotateSecret)
  async rotate(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(rotateSecret.body.default({}))) { secret }: RotateSecret) {
    return granted(await this.endpoints.rotateSecret(caller, knownForm(id), secret));
  }

  @Operation(enableEndpoint)
  async enable(@CallerOf() caller: Caller, @Param('id') id: string) {
    return granted(await this.endpoints.enable(caller, knownForm(id)));
  }

  @Operation(disableEndpoint)
  async disable(@CallerOf() caller: Caller, @Param('id') id: string) {
    return granted(await this.endpoints.disable(caller, knownForm(id)));
  }

  @Operation(testEndpoint)
  async test(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(testEndpoint.body.default({ eventType: 'webhook.test' }))) { eventType }: TestEndpoint,
  ) {
    return granted(await this.endpoints.sendTest(caller, knownForm(id), eventType));
  }

  @Operation(listDeliveries)
  async deliveries(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(listDeliveries.query, 'query')) query: DeliveriesQuery,
  ) {
    return granted(await this.log.list(caller, knownForm(id), query));
  }

  @Operation(getDelivery)
  async delivery(@CallerOf() caller: Caller, @Param('id') id: string, @Param('deliveryId') deliveryId: string) {
    return granted(await this.log.get(caller, knownForm(id), knownForm(deliveryId)));
  }

  @Operation(replayDelivery)
  async replay(@CallerOf() caller: Caller, @Param('id') id: string, @Param('deliveryId') deliveryId: string) {
    return granted(await this.log.replay(caller, knownForm(id), knownForm(deliveryId)));
  }

  @Operation(replayDeliveries)
  async replayAll(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(replayDeliveries.body.default({ missing: false }))) filter: ReplayDeliveries,
  ) {
    return granted<{ replayed: number; more: boolean }>(await this.log.replayAll(caller, knownForm(id), filter));
  }

  /** Where the name leads may change: every attempt judges anew. */
  private async judge(url: string): Promise<void> {
    const refusal = await this.outbound.check(url);
    if (refusal) throw new Refused('callback_refused', `url is refused. ${refusal.detail}`);
  }
}

const DETAILS: Record<EndpointRefusal['refused'], [ConstructorParameters<typeof Refused>[0], string]> = {
  not_found: ['not_found', 'There is no such endpoint or delivery'],
  project_not_found: ['not_found', 'Project not found'],
  too_many_endpoints: ['limit_reached', `A tenant has at most ${MAX_ENDPOINTS_PER_TENANT} endpoints: delete one first`],
  too_many_secrets: ['limit_reached', `${MAX_SIGNING_SECRETS} secrets sign already: wait until one of them has expired`],
  endpoint_disabled: ['limit_reached', 'The endpoint is disabled: enable it first'],
};

function granted<T extends object>(outcome: T | EndpointRefusal): T {
  if ('refused' in outcome) throw new Refused(...DETAILS[(outcome as EndpointRefusal).refused]);
  return outcome;
}

/** What cannot be an id is simply not there. */
function knownForm(id: string): string {
  if (!UUID.test(id)) throw new Refused(...DETAILS.not_found);
  return id.toLowerCase();
}
