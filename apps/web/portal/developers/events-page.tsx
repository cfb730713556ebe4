import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { listEventTypesOptions } from '#sdk/@tanstack/react-query.gen';
import { Note } from '#web/parts/panel/panel';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { DeveloperSections } from '#web/portal/developers/developer-sections';
import styles from '#web/portal/developers/events-page.module.css';

/** Every event that an endpoint may ask for, with a sample of each. */
export function EventsPage() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(listEventTypesOptions());
  return (
    <Page title={t`Events`}>
      <DeveloperSections />
      <Note>
        <Trans>
          A delivery’s body has the event’s type, when it happened and its data, as Standard Webhooks has it. Endpoints choose single events
          or families such as generation.*.
        </Trans>
      </Note>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The events`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={6} />}
      {data && (
        <PlainTable
          label={t`Events`}
          heads={[t`Event`, t`When it is told`, t`Data`]}
          rows={data.eventTypes.map(({ type, summary, sample }) => [
            <code key="type">{type}</code>,
            summary,
            <details key="sample" className={styles.sample}>
              <summary aria-label={t`Sample of ${type}`}>
                <Trans>Sample</Trans>
              </summary>
              <pre tabIndex={0}>{JSON.stringify(sample, null, 2)}</pre>
            </details>,
          ])}
        />
      )}
    </Page>
  );
}
