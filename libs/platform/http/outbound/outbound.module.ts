import { type DynamicModule, Module } from '@nestjs/common';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';

/** Gives an app its one OutboundClient. */
@Module({})
export class OutboundModule {
  static with(settings: OutboundSettings): DynamicModule {
    return {
      module: OutboundModule,
      global: true,
      providers: [{ provide: OutboundClient, useValue: new OutboundClient(settings) }],
      exports: [OutboundClient],
    };
  }
}
