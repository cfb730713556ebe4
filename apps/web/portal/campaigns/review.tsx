import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Button, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { listBatchRows } from '#sdk/sdk.gen';
import type { BatchRow } from '#sdk/types.gen';
import { clearButton } from '#web/parts/filter/clear-button';
import { Comments } from '#web/parts/review/comments';
import { ResultGrid } from '#web/parts/review/result-grid';
import styles from '#web/parts/review/review.module.css';
import { REVIEW_STATES, type ReviewState, reviewStates } from '#web/parts/review/review-states';
import { type Place, Stage } from '#web/parts/review/stage';
import { useScope } from '#web/parts/scope/scope';
import { useKeys } from '#web/parts/shell/shortcuts';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { useComments } from '#web/portal/campaigns/use-comments';
import { useDecisions } from '#web/portal/campaigns/use-decisions';
import { Versions } from '#web/portal/campaigns/versions';

const PAGE_ROWS = 500;
/** Browsers refuse more than a few changes of the address a second. */
const TOLD_TO_URL_AFTER_MS = 400;
const MAX_COMPARED = 4;

/** Results one after the other: looked at, compared, commented and decided on, by keyboard alone if one likes. */
export function Review({ campaignId }: { campaignId: string }) {
  const { t } = useLingui();
  const search = useSearch({ strict: false }) as { review?: string; row?: number };
  const filter = REVIEW_STATES.find((one) => one === search.review);
  const navigate = useNavigate();
  const list = useInfiniteQuery({
    queryKey: ['results', campaignId, filter],
    initialPageParam: 0,
    staleTime: Number.POSITIVE_INFINITY, // rows stay where they are while one works through them
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE_ROWS, after: pageParam, ...(filter ? { review: filter } : { state: 'completed' as const }) };
      return (await listBatchRows({ path: { id: campaignId }, query, signal, throwOnError: true })).data;
    },
    getNextPageParam: ({ nextAfter }) => nextAfter ?? undefined,
  });
  const results = useMemo(() => list.data?.pages.flatMap(({ rows }) => rows) ?? [], [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  // Page after page until all are here: 10,000 rows are twenty.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <section aria-label={t`Review`}>
      <div className={styles.bar}>
        <Select
          aria-label={t`Show`}
          placeholder={t`All results`}
          {...clearButton(t`Show all results`)}
          data={REVIEW_STATES.map((value) => ({ value, label: t(reviewStates[value].word) }))}
          value={filter ?? null}
          onChange={(review) => void navigate({ to: '.', search: { tab: 'review', ...(review && { review }) } })}
        />
        <span className={styles.quiet} role="status">
          {hasNextPage ? (
            <Trans>{results.length} results, more are coming</Trans>
          ) : (
            <Plural value={results.length} one="# result" other="# results" />
          )}
        </span>
      </div>
      {list.isPending && <Loading lines={6} heightPx={36} />}
      {list.error && !list.data && <ErrorPanel error={list.error} what={t`The results`} retry={() => void list.refetch()} />}
      {list.data && results.length === 0 && !hasNextPage && (
        <Empty title={filter ? t`No result is in this state` : t`There is nothing to review yet`}>
          <Trans>Every completed row of the campaign is a result, and waits for review until somebody decides.</Trans>
        </Empty>
      )}
      {results.length > 0 && <Desk key={filter} campaignId={campaignId} results={results} startAt={Number(search.row) || 0} />}
    </section>
  );
}

/** The results, the one that is looked at, and what can be done with it. */
function Desk({ campaignId, results, startAt }: { campaignId: string; results: readonly BatchRow[]; startAt: number }) {
  const { t } = useLingui();
  const mayDecide = useScope().may('generations:write');
  const navigate = useNavigate();
  const { decided, decide } = useDecisions(campaignId);
  const commentsOn = useComments(campaignId);
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      results.findIndex(({ row }) => row === startAt),
    ),
  );
  const [compared, setCompared] = useState(1);
  const [frame, setFrame] = useState(0);
  const [place, setPlace] = useState<Place | undefined>();
  const [frameWanted, setFrameWanted] = useState<{ frame: number } | undefined>();
  const words = useRef<HTMLTextAreaElement>(null);
  const current = results[at] as BatchRow;
  const stateOf = ({ row, review }: BatchRow): ReviewState => decided.get(row) ?? review;

  const go = (to: number) => {
    setAt(Math.min(Math.max(to, 0), results.length - 1));
    setPlace(undefined);
  };
  const decideAndGo = (state: ReviewState) => {
    if (!mayDecide) return;
    decide(current.row, state);
    if (state !== 'waiting') go(at + 1);
  };
  const goBack = () => go(at - 1);
  const goOn = () => go(at + 1);
  useKeys({
    ArrowLeft: goBack,
    ArrowRight: goOn,
    a: () => decideAndGo('approved'),
    r: () => decideAndGo('rejected'),
    c: () => words.current?.focus(),
    ...Object.fromEntries(Array.from({ length: MAX_COMPARED }, (_, one) => [String(one + 1), () => setCompared(one + 1)])),
  });
  useEffect(() => {
    const timer = setTimeout(
      () => void navigate({ to: '.', search: (before: object) => ({ ...before, row: current.row }), replace: true, resetScroll: false }),
      TOLD_TO_URL_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }, [current.row, navigate]);

  const onStage = results.slice(at, at + compared);
  return (
    <div className={styles.desk}>
      <div className={styles.stageColumn}>
        <div className={styles.stages} data-count={onStage.length}>
          {onStage.map((result, one) => (
            <Stage
              key={result.generationId}
              result={result}
              state={stateOf(result)}
              isMain={one === 0}
              place={one === 0 ? place : undefined}
              setPlace={one === 0 && mayDecide ? setPlace : undefined}
              onFrame={one === 0 ? setFrame : undefined}
              wanted={one === 0 ? frameWanted : undefined}
            />
          ))}
        </div>
        <div className={styles.bar} role="toolbar" aria-label={t`Decision`}>
          <Button variant="default" onClick={goBack} disabled={at === 0} aria-keyshortcuts="ArrowLeft" aria-label={t`Result before`}>
            ←
          </Button>
          <span className="figures">
            <Trans>
              Row {current.row}, {at + 1} of {results.length}
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
          {mayDecide && (
            <>
              <Button onClick={() => decideAndGo('approved')} aria-keyshortcuts="a">
                <Trans>Approve result</Trans>
              </Button>
              <Button variant="default" onClick={() => decideAndGo('rejected')} aria-keyshortcuts="r">
                <Trans>Reject result</Trans>
              </Button>
              {stateOf(current) !== 'waiting' && (
                <Button variant="subtle" color="gray" onClick={() => decideAndGo('waiting')}>
                  <Trans>Take decision back</Trans>
                </Button>
              )}
            </>
          )}
        </div>
        <p className={styles.quiet}>
          <Trans>Keys: ← → move, a approves, r rejects, c comments, space plays, comma and full stop step a frame, 1 to 4 compare.</Trans>
        </p>
        <p className={styles.prompt}>{current.prompt || current.model}</p>
        {Object.keys(current.values).length > 0 && (
          <p className={styles.quiet}>
            {Object.entries(current.values)
              .map(([axis, value]) => `${axis}: ${value}`)
              .join(' · ')}
          </p>
        )}
      </div>
      <div className={styles.sideColumn}>
        <ResultGrid results={results} at={at} go={go} stateOf={stateOf} />
        <Comments
          key={current.row}
          source={commentsOn(current.row)}
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
        <Versions campaignId={campaignId} result={current} />
      </div>
    </div>
  );
}
