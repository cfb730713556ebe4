import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Title } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { getSetup, openSetup } from '#sdk/sdk.gen';
import type { Setup } from '#sdk/types.gen';
import { linkToken } from '#web/parts/api/link-token';
import { ProblemError } from '#web/parts/api/problem';
import { beginSetup } from '#web/parts/api/session';
import { Time } from '#web/parts/figures/figures';
import { Note } from '#web/parts/panel/panel';
import sections from '#web/parts/shell/sections.module.css';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import styles from '#web/setup/setup-page.module.css';
import { StepContent } from '#web/setup/steps';

const STEPS = ['domain', 'provider', 'values', 'test', 'enforce'] as const;
export type Step = (typeof STEPS)[number];

const WORDS: Readonly<Record<Step, MessageDescriptor>> = {
  domain: msg`Domain`,
  provider: msg`Provider`,
  values: msg`Values`,
  test: msg`Test`,
  enforce: msg`Turn on`,
};

export interface SetupSearch {
  step?: Step;
  connection?: string;
}

export function searchOf({ step, connection }: Record<string, unknown>): SetupSearch {
  return {
    ...(STEPS.includes(step as Step) && { step: step as Step }),
    ...(typeof connection === 'string' && /^[0-9a-f-]{36}$/.test(connection) && { connection }),
  };
}

/** A link's token is exchanged at once for a cookie, which this page goes on with. */
const setupQuery = queryOptions({
  queryKey: ['setup'],
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
  queryFn: async (): Promise<Setup> => {
    beginSetup(undefined);
    const token = linkToken();
    const { data } = token ? await openSetup({ body: { token }, throwOnError: true }) : await getSetup({ throwOnError: true });
    beginSetup(data.csrfToken);
    return data;
  },
});

/** Sign-in, set up by the customer's IT without an account. */
export function SetupPage() {
  const { t } = useLingui();
  const { data: setup, error, refetch } = useQuery(setupQuery);
  useEffect(() => {
    document.title = `${t`Set up single sign-on`} · Halogen`;
  }, [t]);
  return (
    <main className={styles.page}>
      <Title order={1}>
        <Trans>Set up single sign-on</Trans>
      </Title>
      {setup && <Wizard setup={setup} />}
      {error && <Refused error={error} retry={() => void refetch()} />}
      {!setup && !error && <Loading />}
    </main>
  );
}

/** A link that does not open says what to do; everything else is shown as what it is. */
function Refused({ error, retry }: { error: Error; retry(): void }) {
  if (!(error instanceof ProblemError) || ![401, 403].includes(error.status)) return <ErrorPanel error={error} retry={retry} />;
  return (
    <p role="alert">
      <Trans>This link cannot be used: it was opened before, was revoked or has expired. Ask whoever sent it for a new one.</Trans>
    </p>
  );
}

function Wizard({ setup: { tenantName, expiresAt } }: { setup: Setup }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { step = 'domain', connection } = useSearch({ from: '/setup' });
  const next = STEPS[STEPS.indexOf(step) + 1];
  const go = (search: SetupSearch) => void navigate({ to: '/setup', search });
  return (
    <>
      <Note>
        <Trans>
          For {tenantName}. This page works in this browser until <Time at={expiresAt} isInstant />.
        </Trans>
      </Note>
      <nav aria-label={t`Steps`}>
        <ol className={sections.sections}>
          {STEPS.map((one, at) => (
            <li key={one}>
              <Link
                to="/setup"
                search={{ step: one, ...(connection && { connection }) }}
                className={sections.section}
                activeProps={{}}
                aria-current={one === step ? 'page' : undefined}
              >
                {at + 1}. {t(WORDS[one])}
              </Link>
            </li>
          ))}
        </ol>
      </nav>
      <StepContent step={step} connectionId={connection} choose={(id) => go({ step: 'values', connection: id })} />
      {next && (
        <Button variant="default" mt="md" onClick={() => go({ step: next, connection })}>
          <Trans>Next step</Trans>
        </Button>
      )}
    </>
  );
}
