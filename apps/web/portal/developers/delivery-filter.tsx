import { useLingui } from '@lingui/react/macro';
import { Select } from '@mantine/core';
import { clearButton } from '#web/parts/filter/clear-button';
import { DayFields, type Days, dayOf, instantsOf } from '#web/parts/filter/days';
import { type Change, chosenOf, textOf } from '#web/parts/filter/use-filter';
import { DELIVERY_STATES, type DeliveryState, useDeliveryWord } from '#web/portal/developers/delivery-state';
import { useEventNames } from '#web/portal/developers/event-types';

/** Which deliveries: those to look at, or those to send once more. */
export interface DeliveryFilter extends Days {
  state?: DeliveryState;
  eventType?: string;
}

export function deliveryFilterOf({ state, eventType, from, to }: Readonly<Record<string, unknown>>): DeliveryFilter {
  return chosenOf({
    state: DELIVERY_STATES.find((one) => one === state),
    eventType: textOf(eventType),
    from: dayOf(from),
    to: dayOf(to),
  });
}

export function asQuery(filter: DeliveryFilter): DeliveryFilter {
  return { ...filter, ...instantsOf(filter) };
}

export function DeliveryFilterFields({ filter, choose }: { filter: DeliveryFilter; choose(change: Change<DeliveryFilter>): void }) {
  const { t } = useLingui();
  const word = useDeliveryWord();
  const { names } = useEventNames();
  return (
    <>
      <Select
        label={t`State`}
        placeholder={t`Any state`}
        {...clearButton(t`Clear state`)}
        data={DELIVERY_STATES.map((value) => ({ value, label: word(value) }))}
        value={filter.state ?? null}
        onChange={(state) => choose({ state })}
      />
      <Select
        label={t`Event`}
        placeholder={t`Any event`}
        {...clearButton(t`Clear event`)}
        searchable
        data={names}
        value={filter.eventType ?? null}
        onChange={(eventType) => choose({ eventType })}
      />
      <DayFields days={filter} choose={choose} />
    </>
  );
}
