import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useRef, useState } from 'react';
import { listSharedCommentsQueryKey } from '#sdk/@tanstack/react-query.gen';
import { addSharedComment, listSharedComments } from '#sdk/sdk.gen';
import type { SharedResult } from '#sdk/types.gen';
import { type CommentSource, Comments } from '#web/parts/review/comments';
import { ResultGrid } from '#web/parts/review/result-grid';
import styles from '#web/parts/review/review.module.css';
import { type Place, Stage } from '#web/parts/review/stage';
import { useKeys } from '#web/parts/shell/shortcuts';

interface SharedDeskProps {
  results: readonly SharedResult[];
  /** The row that the address names. */
  row: number | undefined;
  go(row: number): void;
  mayComment: boolean;
}

/** The result that is looked at, all others as small pictures, and what guests say about it. */
export function SharedDesk({ results, row, go, mayComment }: SharedDeskProps) {
  const { t } = useLingui();
  const words = useRef<HTMLTextAreaElement>(null);
  const [frame, setFrame] = useState(0);
  const [place, setPlace] = useState<Place | undefined>();
  const [frameWanted, setFrameWanted] = useState<{ frame: number } | undefined>();
  const at = Math.max(
    0,
    results.findIndex((one) => one.row === row),
  );
  const current = results[at] as SharedResult;
  const goTo = (to: number) => {
    const next = results[to];
    if (!next) return;
    setPlace(undefined);
    go(next.row);
  };
  const goBack = () => goTo(at - 1);
  const goOn = () => goTo(at + 1);
  useKeys({ ArrowLeft: goBack, ArrowRight: goOn, c: () => words.current?.focus() });
  return (
    <div className={styles.desk}>
      <div className={styles.stageColumn}>
        <div className={styles.stages}>
          <Stage
            key={current.generationId}
            result={current}
            isMain
            place={place}
            setPlace={mayComment ? setPlace : undefined}
            onFrame={setFrame}
            wanted={frameWanted}
          />
        </div>
        <div className={styles.bar} role="toolbar" aria-label={t`Move`}>
          <Button variant="default" onClick={goBack} disabled={at === 0} aria-keyshortcuts="ArrowLeft" aria-label={t`Result before`}>
            ←
          </Button>
          <span className="figures">
            <Trans>
              {at + 1} of {results.length}
            </Trans>
          </span>
          <Button
            variant="default"
            onClick={goOn}
            disabled={at === results.length - 1}
            aria-keyshortcuts="ArrowRight"
            aria-label={t`Next result`}
          >
            →
          </Button>
        </div>
        <p className={styles.quiet}>
          {mayComment ? (
            <Trans>
              A click on the picture pins your comment there. Keys: ← → move, c comments, space plays, comma and full stop step a frame.
            </Trans>
          ) : (
            <Trans>Keys: ← → move, space plays, comma and full stop step a frame.</Trans>
          )}
        </p>
        <p className={styles.prompt}>{current.prompt || current.model}</p>
      </div>
      <div className={styles.sideColumn}>
        <ResultGrid results={results} at={at} go={goTo} />
        <Comments
          key={current.row}
          source={commentsOn(current.row, mayComment)}
          generationId={current.generationId}
          words={words}
          frame={current.output.frames === null ? undefined : frame}
          place={place}
          setPlace={setPlace}
          show={(comment) => {
            setFrameWanted(comment.frame === null ? undefined : { frame: comment.frame });
            setPlace(comment.x === null || comment.y === null ? undefined : { x: comment.x, y: comment.y });
          }}
        />
      </div>
    </div>
  );
}

function commentsOn(rowNumber: number, mayComment: boolean): CommentSource {
  const path = { row: String(rowNumber) };
  return {
    queryKey: listSharedCommentsQueryKey({ path }),
    list: async (signal) => (await listSharedComments({ path, signal, throwOnError: true })).data.comments,
    ...(mayComment && { add: (body) => addSharedComment({ path, body, throwOnError: true }) }),
  };
}
