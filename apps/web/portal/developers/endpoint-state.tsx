import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { WebhookEndpoint } from '#sdk/types.gen';
import { Chip } from '#web/parts/chip/state-chip';
import { Time } from '#web/parts/figures/figures';

type Reason = NonNullable<WebhookEndpoint['disabledReason']>;

/** Why nothing is sent, and what would change it. */
export const disabledWord: Record<Reason, MessageDescriptor> = {
  customer: msg`It was disabled here. Events from then on are not kept for it. Enable it to send again.`,
  gone: msg`It answered 410, which says that it is gone. Enable it if it is back.`,
  failing: msg`Nothing succeeded for five days. It is probed now and then, and comes back by itself.`,
};

export function EndpointState({ endpoint: { state, disabledReason, failingSince, pausedUntil } }: { endpoint: WebhookEndpoint }) {
  const { t } = useLingui();
  if (state === 'disabled') {
    return (
      <Chip glyph="⊘" isFailure={disabledReason !== 'customer'}>
        {disabledReason === 'customer' ? t`disabled` : t`disabled after failures`}
      </Chip>
    );
  }
  if (pausedUntil && new Date(pausedUntil) > new Date()) {
    return (
      <Chip glyph="◔">
        {t`asked to wait until`} <Time at={pausedUntil} isInstant />
      </Chip>
    );
  }
  if (failingSince) {
    return (
      <Chip glyph="✕" isFailure>
        {t`failing since`} <Time at={failingSince} isInstant />
      </Chip>
    );
  }
  return <Chip glyph="✓">{t`enabled`}</Chip>;
}
