import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Checkbox, NumberInput, Textarea, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type QueryKey, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, type RefObject, useState } from 'react';
import type { AddReviewCommentData, ReviewComment } from '#sdk/types.gen';
import { Time } from '#web/parts/figures/figures';
import styles from '#web/parts/review/review.module.css';
import type { Place } from '#web/parts/review/stage';

/** Where the comments on one row are, and what may be done with them. */
export interface CommentSource {
  queryKey: QueryKey;
  list(signal: AbortSignal): Promise<readonly ReviewComment[]>;
  /** Left out for those who may only look. */
  add?(said: AddReviewCommentData['body']): Promise<unknown>;
  resolve?(comment: ReviewComment): Promise<unknown>;
}

interface CommentsProps {
  source: CommentSource;
  /** The version that is shown. */
  generationId: string;
  words: RefObject<HTMLTextAreaElement | null>;
  /** Of a film, the frame that is shown. */
  frame: number | undefined;
  place: Place | undefined;
  setPlace(place: Place | undefined): void;
  /** Shows where a comment points. */
  show(comment: ReviewComment): void;
}

const PERCENT = 100;
/** Looked for once one stays with a result: not for each that is passed at a key a second. */
const LOOKED_FOR_AFTER_MS = 300;

/** Threads about one row, and the next comment, pinned to the frame and the place that are shown. */
export function Comments({ source, generationId, words, frame, place, setPlace, show }: CommentsProps) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { queryKey, list, add: say, resolve: settle } = source;
  const { data: comments = [] } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      await staying(signal);
      return list(signal);
    },
  });
  const [answers, setAnswers] = useState<string | undefined>();
  const [text, setText] = useState('');
  const [isPinned, setPinned] = useState(true);
  const renew = () => void client.invalidateQueries({ queryKey });
  const failed = ({ message }: Error) => void notifications.show({ message, color: 'danger' });
  const add = useMutation({
    mutationFn: async () => {
      const pinned = { ...(isPinned && frame !== undefined && { frame }), ...place };
      await say?.({ text, ...(answers ? { parentId: answers } : pinned) });
    },
    onSuccess: () => {
      setText('');
      setAnswers(undefined);
      setPlace(undefined);
      words.current?.blur(); // keys are commands again
      renew();
    },
    onError: failed,
  });
  const resolve = useMutation({
    mutationFn: async (comment: ReviewComment) => void (await settle?.(comment)),
    onSuccess: renew,
    onError: failed,
  });
  const threads = comments.filter(({ parentId }) => parentId === null);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim()) add.mutate();
  };
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') event.currentTarget.blur();
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    submit();
  };
  const percent = (value: number | undefined) => (value === undefined ? '' : Math.round(value * PERCENT));
  const move = (change: Partial<Place>) => setPlace({ x: 0.5, y: 0.5, ...place, ...change });
  return (
    <section aria-label={t`Comments`} className={styles.panel}>
      <Title order={2}>
        <Trans>Comments</Trans>
      </Title>
      <ul className={styles.list}>
        {threads.map((thread) => (
          <li key={thread.id} data-resolved={thread.resolvedAt !== null || undefined}>
            <Said comment={thread} isOfOther={thread.generationId !== generationId} />
            {comments
              .filter(({ parentId }) => parentId === thread.id)
              .map((answer) => (
                <Said key={answer.id} comment={answer} isAnswer />
              ))}
            <div className={styles.bar}>
              {(thread.frame !== null || thread.x !== null) && (
                <Button variant="subtle" size="compact-sm" onClick={() => show(thread)}>
                  {thread.frame === null ? <Trans>Show place</Trans> : <Trans>Show frame {thread.frame + 1}</Trans>}
                </Button>
              )}
              {say && (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  onClick={() => {
                    setAnswers(thread.id);
                    words.current?.focus();
                  }}
                >
                  <Trans>Answer</Trans>
                </Button>
              )}
              {settle && (
                <Button variant="subtle" size="compact-sm" onClick={() => resolve.mutate(thread)}>
                  {thread.resolvedAt === null ? <Trans>Resolve thread</Trans> : <Trans>Open thread again</Trans>}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {say && (
        <form onSubmit={submit} className={styles.comment}>
          <Textarea
            ref={words}
            label={answers ? t`Answer` : t`Comment`}
            description={t`Enter sends, Esc goes back to the keys`}
            autosize
            minRows={2}
            maxRows={6}
            maxLength={2_000}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            onKeyDown={press}
          />
          {!answers && (
            <div className={styles.bar}>
              {frame !== undefined && (
                <Checkbox
                  label={t`On frame ${frame + 1}`}
                  checked={isPinned}
                  onChange={({ currentTarget }) => setPinned(currentTarget.checked)}
                />
              )}
              <NumberInput
                label={t`From left, %`}
                w={96}
                min={0}
                max={PERCENT}
                hideControls
                value={percent(place?.x)}
                onChange={(value) => typeof value === 'number' && move({ x: value / PERCENT })}
              />
              <NumberInput
                label={t`From top, %`}
                w={96}
                min={0}
                max={PERCENT}
                hideControls
                value={percent(place?.y)}
                onChange={(value) => typeof value === 'number' && move({ y: value / PERCENT })}
              />
              {place && (
                <Button variant="subtle" color="gray" size="compact-sm" onClick={() => setPlace(undefined)}>
                  <Trans>Clear place</Trans>
                </Button>
              )}
            </div>
          )}
          <Button type="submit" variant="default" disabled={!text.trim()} loading={add.isPending}>
            {answers ? <Trans>Add answer</Trans> : <Trans>Add comment</Trans>}
          </Button>
        </form>
      )}
    </section>
  );
}

function Said({ comment, isAnswer, isOfOther }: { comment: ReviewComment; isAnswer?: boolean; isOfOther?: boolean }) {
  return (
    <div className={styles.said} data-answer={isAnswer}>
      <p className={styles.quiet}>
        <strong>{comment.author.name}</strong> <Time at={comment.createdAt} />
        {isOfOther && (
          <>
            {' '}
            · <Trans>on another version</Trans>
          </>
        )}
        {comment.author.kind === 'guest' && (
          <>
            {' '}
            · <Trans>guest</Trans>
          </>
        )}
        {comment.resolvedAt && (
          <>
            {' '}
            · <Trans>resolved by {comment.resolvedBy}</Trans>
          </>
        )}
      </p>
      <p>{comment.text}</p>
    </div>
  );
}

/** @throws when somebody has gone on meanwhile */
function staying(signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, LOOKED_FOR_AFTER_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
