import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { type MouseEvent, useEffect, useRef } from 'react';
import type { BatchRow } from '#sdk/types.gen';
import styles from '#web/parts/review/review.module.css';
import { ReviewChip } from '#web/parts/review/review-chip';
import type { ReviewState } from '#web/parts/review/review-states';
import { useFrames } from '#web/parts/review/use-frames';
import { useKeys } from '#web/parts/shell/shortcuts';

/** A place in a picture: from 0 at the left and the top to 1. */
export interface Place {
  x: number;
  y: number;
}

/** What is shown: a row by its number, or one of its versions. */
type Staged = Pick<BatchRow, 'output' | 'assets' | 'prompt' | 'model'> & { row?: number; version?: number };

interface StageProps {
  result: Staged;
  /** Left out for those whom decisions do not concern. */
  state?: ReviewState;
  /** Keys work on this one. */
  isMain: boolean;
  place?: Place;
  setPlace?: (place: Place) => void;
  onFrame?: (frame: number) => void;
  /** A frame that shall be shown. */
  wanted?: { frame: number };
}

/** One result, as large as there is room. A click on it is the place of the comment that is being written. */
export function Stage({ result, state, isMain, place, setPlace, onFrame, wanted }: StageProps) {
  const { t } = useLingui();
  const { assets, output, prompt, model } = result;
  const film = useRef<HTMLVideoElement>(null);
  const { frame, show, play } = useFrames(film, output.frames, output.framesPerSecond);
  const isFilm = assets?.video !== undefined;
  useEffect(() => onFrame?.(frame), [frame, onFrame]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once each time it is wanted
  useEffect(() => {
    if (wanted) show(wanted.frame);
  }, [wanted]);
  useKeys(isMain && isFilm ? { ',': () => show(frame - 1), '.': () => show(frame + 1), ' ': play } : {});
  const pick = (event: MouseEvent<HTMLElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    setPlace?.({ x: share(event.clientX - left, width), y: share(event.clientY - top, height) });
  };
  const alt = prompt || model;
  const { row, version } = result;
  const name = row === undefined ? t`Version ${version}` : t`Row ${row}`;
  return (
    <figure className={styles.stage} aria-label={name}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the form has fields for the place */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the form has fields for the place */}
      <div className={styles.picture} onClick={pick} style={{ aspectRatio: `${output.widthPx} / ${output.heightPx}` }}>
        {assets && isFilm && (
          <video ref={film} src={assets.video} poster={assets.image} aria-label={alt} muted loop playsInline preload="auto" />
        )}
        {assets && !isFilm && <img src={assets.image} alt={alt} />}
        {place && <span className={styles.pin} style={{ left: `${place.x * 100}%`, top: `${place.y * 100}%` }} aria-hidden />}
      </div>
      <figcaption className={styles.caption}>
        <span className="figures">{name}</span>
        {state && (
          <span aria-live={isMain ? 'polite' : undefined}>
            <ReviewChip state={state} />
          </span>
        )}
        {isFilm && (
          <>
            <Button variant="default" size="compact-sm" onClick={() => show(frame - 1)} aria-label={t`One frame back`}>
              ‹
            </Button>
            <Button variant="default" size="compact-sm" onClick={play} aria-label={t`Play or pause`}>
              ▶
            </Button>
            <Button variant="default" size="compact-sm" onClick={() => show(frame + 1)} aria-label={t`One frame on`}>
              ›
            </Button>
            <output className="figures" aria-label={t`Frame`}>
              {t`Frame ${frame + 1} of ${output.frames ?? 1}`}
            </output>
          </>
        )}
      </figcaption>
    </figure>
  );
}

function share(part: number, whole: number): number {
  return Math.min(1, Math.max(0, Number((part / whole).toFixed(4))));
}
