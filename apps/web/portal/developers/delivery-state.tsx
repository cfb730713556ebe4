import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { WebhookDelivery } from '#sdk/types.gen';
import { Chip } from '#web/parts/chip/state-chip';
import { Time } from '#web/parts/figures/figures';

export type DeliveryState = WebhookDelivery['state'];

const STATES: Record<DeliveryState, { glyph: string; word: MessageDescriptor }> = {
  pending: { glyph: '○', word: msg`pending` },
  delivered: { glyph: '✓', word: msg`delivered` },
  given_up: { glyph: '✕', word: msg`given up` },
};
export const DELIVERY_STATES = Object.keys(STATES) as DeliveryState[];

export function DeliveryStateChip({ state }: { state: DeliveryState }) {
  const { t } = useLingui();
  const { glyph, word } = STATES[state];
  return (
    <Chip glyph={glyph} isFailure={state === 'given_up'}>
      {t(word)}
    </Chip>
  );
}

/** One whose time has come waits for those before it. */
export function NextAttempt({ at }: { at: string }) {
  const { t } = useLingui();
  return new Date(at) <= new Date() ? t`due now` : <Time at={at} />;
}

export function useDeliveryWord(): (state: DeliveryState) => string {
  const { t } = useLingui();
  return (state) => t(STATES[state].word);
}
