import { type DynamicModule, Module } from '@nestjs/common';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';

/** Gives an app its one OutboundClient, and the way to fetch what customers point to. */
@Module({})
export class OutboundModule {
  static with(settings: OutboundSettings): DynamicModule {
    return {
      module: OutboundModule,
      global: true,
      providers: [
        { provide: OutboundClient, useValue: new OutboundClient(settings) },
        { provide: OutboundDownloads, useValue: new OutboundDownloads(settings) },
      ],
      exports: [OutboundClient, OutboundDownloads],
    };
  }
}
