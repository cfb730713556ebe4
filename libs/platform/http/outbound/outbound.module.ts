import { type DynamicModule, Module } from '@nestjs/common';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';
import { resolversFor, TxtRecords } from '#platform/http/outbound/txt-records';

/** Gives an app its one OutboundClient, the way to fetch what customers point to, and the way to read what they say in DNS. */
@Module({})
export class OutboundModule {
  static with(settings: OutboundSettings): DynamicModule {
    return {
      module: OutboundModule,
      global: true,
      providers: [
        { provide: OutboundClient, useValue: new OutboundClient(settings) },
        { provide: OutboundDownloads, useValue: new OutboundDownloads(settings) },
        { provide: TxtRecords, useValue: new TxtRecords(resolversFor(settings)) },
      ],
      exports: [OutboundClient, OutboundDownloads, TxtRecords],
    };
  }
}
