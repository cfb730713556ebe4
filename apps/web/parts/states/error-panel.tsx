import { Trans, useLingui } from '@lingui/react/macro';
import { Button, CopyButton, Title } from '@mantine/core';
import { ProblemError } from '#web/parts/api/problem';
import { NotFound } from '#web/parts/states/not-found';
import styles from '#web/parts/states/panel.module.css';

/** What failed, in the API's own words, with its trace id and "Try again". What one may not see is what does not exist. */
export function ErrorPanel({ error, what, retry }: { error: Error; what?: string; retry?: () => void }) {
  const { t } = useLingui();
  if (error instanceof ProblemError && error.status === 404) return <NotFound />;
  const problem = error instanceof ProblemError ? error : undefined;
  const subject = what ?? t`This part`;
  return (
    <section className={styles.panel} role="alert">
      <Title order={2}>
        <Trans>{subject} could not be shown</Trans>
      </Title>
      <p>{problem?.message ?? error.message}</p>
      {retry && (
        <Button variant="default" onClick={retry}>
          <Trans>Try again</Trans>
        </Button>
      )}
      {problem?.traceId && <TraceId id={problem.traceId} />}
    </section>
  );
}

export function TraceId({ id }: { id: string }) {
  return (
    <div className={styles.trace}>
      <Trans>Trace</Trans> <code>{id}</code>{' '}
      <CopyButton value={id}>
        {({ copied, copy }) => (
          <Button variant="subtle" color="gray" size="compact-xs" onClick={copy}>
            {copied ? <Trans>Copied</Trans> : <Trans>Copy trace id</Trans>}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
