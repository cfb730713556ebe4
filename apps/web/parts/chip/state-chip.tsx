import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import styles from '#web/parts/chip/state-chip.module.css';

interface State {
  glyph: string;
  word: MessageDescriptor;
}

const STATES = {
  queued: { glyph: '○', word: msg`queued` },
  admitted: { glyph: '◔', word: msg`admitted` },
  running: { glyph: '◐', word: msg`running` },
  completed: { glyph: '✓', word: msg`completed` },
  failed: { glyph: '✕', word: msg`failed` },
  cancelled: { glyph: '⊘', word: msg`cancelled` },
} as const satisfies Record<string, State>;
export type GenerationState = keyof typeof STATES;
export const GENERATION_STATES = Object.keys(STATES) as GenerationState[];

/** Neutral chip, glyph and word: colour never carries the meaning alone. */
export function StateChip({ state, note }: { state: GenerationState; note?: string }) {
  const { t } = useLingui();
  const { glyph, word } = STATES[state];
  return (
    <Chip glyph={glyph} isFailure={state === 'failed'}>
      {t(word)}
      {note && ` ${note}`}
    </Chip>
  );
}

export function Chip({ glyph, isFailure, children }: { glyph: string; isFailure?: boolean; children: ReactNode }) {
  return (
    <span className={styles.chip}>
      <span aria-hidden data-failed={isFailure || undefined}>
        {glyph}
      </span>
      <span>{children}</span>
    </span>
  );
}

export function useStateWord(): (state: GenerationState) => string {
  const { t } = useLingui();
  return (state) => t(STATES[state].word);
}
