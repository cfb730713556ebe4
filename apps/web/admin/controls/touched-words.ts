import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Touched } from '#sdk/types.gen';

type Kind = Touched['counts'][number]['what'];

export const TOUCHED_WORDS: Record<Kind, MessageDescriptor> = {
  running: msg`Running: goes on to its end`,
  queued: msg`Queued`,
  started_last_hour: msg`Started in the last hour`,
  tenants: msg`Tenants`,
  guaranteed_units: msg`Guaranteed units at risk`,
  deliveries: msg`Webhooks that wait`,
  callbacks: msg`Callbacks that wait`,
  batches: msg`Batches not yet finished`,
  commitments: msg`Commitments that lose units`,
  taken_units: msg`Sold units taken at once`,
};
