import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { countTouched } from '#sdk/sdk.gen';
import type { CountTouched, Touched } from '#sdk/types.gen';
import { TOUCHED_WORDS } from '#web/admin/controls/touched-words';
import { Credits } from '#web/parts/figures/figures';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { useLanguage } from '#web/parts/words/language';
import styles from './touched.module.css';

/** A dry run of an act by the server, once it is named. @param act undefined while it is not */
export function useTouched(act: CountTouched['act'] | undefined) {
  return useQuery({
    queryKey: ['touched', act],
    queryFn: async () => (await countTouched({ body: { act: act as CountTouched['act'] }, throwOnError: true })).data,
    enabled: act !== undefined,
    staleTime: 5_000,
    retry: false,
  });
}

interface TouchedPanelProps {
  touched: ReturnType<typeof useTouched>;
  /** It is the second person who looks. */
  isApproval?: boolean;
}

/** What an act touches, counted before it is done. */
export function TouchedPanel({ touched: { data, error, isFetching }, isApproval = false }: TouchedPanelProps) {
  const { t } = useLingui();
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`What it touches`} />;
  if (!data) return isFetching ? <Loading lines={2} /> : null;
  return (
    <section aria-label={t`What it touches`} className={styles.touched}>
      <TouchedList {...data} />
      {data.needsSecondPerson && (
        <p className={styles.second}>
          {isApproval ? (
            <Trans>It takes effect with your approval, at once.</Trans>
          ) : (
            <Trans>This takes effect once a second operator approves it, within an hour.</Trans>
          )}
        </p>
      )}
    </section>
  );
}

export function TouchedList({ counts, credits }: Pick<Touched, 'counts' | 'credits'>) {
  const { t, i18n } = useLingui();
  const language = useLanguage();
  const count = (value: number) => value.toLocaleString(language);
  return (
    <dl className={styles.list}>
      {counts.map(({ what, value, exact }) => (
        <div key={what}>
          <dt>{i18n._(TOUCHED_WORDS[what])}</dt>
          <dd>{exact ? count(value) : t`at least ${count(value)}`}</dd>
        </div>
      ))}
      {credits !== null && (
        <div>
          <dt>
            <Trans>Service credit</Trans>
          </dt>
          <dd>
            <Credits value={credits} />
          </dd>
        </div>
      )}
    </dl>
  );
}
