import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { countGenerationsOptions } from '#sdk/@tanstack/react-query.gen';
import { GENERATION_STATES, type GenerationState, StateChip } from '#web/parts/chip/state-chip';
import { useScope } from '#web/parts/scope/scope';
import { CancelMany } from '#web/portal/generations/cancel-many';
import type { GenerationFilter } from '#web/portal/generations/generation-filter';
import styles from '#web/portal/generations/generations.module.css';
import { useCountWord } from '#web/portal/generations/use-count-word';

const COUNTED_EVERY_MS = 10_000;
const UNFINISHED: readonly GenerationState[] = ['queued', 'admitted', 'running'];

/** How many the filter leaves and in which states, and a way to cancel all of them that have not ended. */
export function GenerationCounts({ filter }: { filter: GenerationFilter }) {
  const { t } = useLingui();
  const scope = useScope();
  const countWord = useCountWord();
  const [isAsked, setAsked] = useState(false);
  const { data } = useQuery({
    ...countGenerationsOptions({ query: filter }),
    placeholderData: keepPreviousData,
    refetchInterval: COUNTED_EVERY_MS,
  });
  if (!data) return <div className={styles.counts} />;
  const { count, byState } = data;
  const countOf = (state: GenerationState) => byState.find((one) => one.state === state)?.value ?? 0;
  const hasUnfinished = UNFINISHED.some((state) => countOf(state) > 0);
  return (
    <div className={styles.counts}>
      <span>{count.value === 1 ? <Trans>1 generation</Trans> : <Trans>{countWord(count)} generations</Trans>}</span>
      <ul aria-label={t`By state`}>
        {GENERATION_STATES.filter((state) => countOf(state) > 0).map((state) => (
          <li key={state}>
            <StateChip state={state} note={countWord({ value: countOf(state), exact: count.exact })} />
          </li>
        ))}
      </ul>
      {hasUnfinished && scope.may('generations:write') && (
        <Button variant="default" onClick={() => setAsked(true)}>
          <Trans>Cancel all that match</Trans>
        </Button>
      )}
      {isAsked && <CancelMany many={{ filter }} close={() => setAsked(false)} />}
    </div>
  );
}
