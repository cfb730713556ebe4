import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ClaimFinding } from '#core/access/claims';
import { getSignInTestOptions } from '#sdk/@tanstack/react-query.gen';
import { startSignInTest } from '#sdk/sdk.gen';
import type { SignInConnection, SignInTestOutcome } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { Facts, Note, Panel } from '#web/parts/panel/panel';
import styles from '#web/parts/panel/panel.module.css';
import { PlainTable } from '#web/parts/table/plain-table';

/** Signs in as a test, and shows what came of the last one. */
export function TestPanel({ connection }: { connection: SignInConnection }) {
  const { t } = useLingui();
  const { id, state, edited, tested } = connection;
  const { data } = useQuery({ ...getSignInTestOptions({ path: { id } }), refetchOnMount: 'always' });
  const start = useAct({
    act: async () => {
      const returnTo = location.pathname + location.search;
      return (await startSignInTest({ path: { id }, body: { returnTo }, throwOnError: true })).data;
    },
    done: null,
    isInForm: true,
    after: ({ url }) => location.assign(url),
  });
  const hasProvider = edited !== null || tested !== null;
  return (
    <Panel
      title={t`Test sign-in`}
      actions={
        <Button onClick={() => start.mutate(undefined)} loading={start.isPending} disabled={!hasProvider}>
          <Trans>Start test sign-in</Trans>
        </Button>
      }
    >
      <Note>
        <Trans>You sign in at your identity provider. Nobody is let in: the test shows what came back, and what passes takes effect.</Trans>
      </Note>
      {start.error && (
        <p role="alert" className={styles.refused}>
          {start.error.message}
        </p>
      )}
      {data?.test && !data.test.outcome && (
        <Note>
          <Trans>The last test has no answer yet.</Trans>
        </Note>
      )}
      {data?.test?.outcome && !data.test.isOfNewest && (
        <Note>
          <Trans>Something was entered since the last test. Test again.</Trans>
        </Note>
      )}
      {data?.test?.outcome && <Outcome outcome={data.test.outcome} isDraft={state === 'draft'} />}
    </Panel>
  );
}

const FINDINGS: Record<ClaimFinding, MessageDescriptor> = {
  no_email: msg`No claim carries an e-mail address. Send it as “email”.`,
  several_emails: msg`The claim has several addresses. Send exactly one.`,
  no_email_address: msg`What came as address is none. Send the address as “email”.`,
  email_not_verified: msg`The provider says that it has not verified the address.`,
  domain_not_proven: msg`The domain of this address is not proven here.`,
  no_name: msg`No claim carries a name. The address is shown instead; send the name as “displayName” (SAML) or “name”.`,
};

function Outcome({ outcome, isDraft }: { outcome: SignInTestOutcome; isDraft: boolean }) {
  const { t } = useLingui();
  const { passed, isByOwner, tookEffect, rule, detail, findings, email, emailClaim, name, nameClaim, claims } = outcome;
  return (
    <section aria-label={t`Outcome`} style={{ marginTop: 12 }}>
      <p>
        <Chip glyph={passed ? '✓' : '✕'} isFailure={!passed}>
          {passed ? t`passed` : t`failed`}
        </Chip>{' '}
        {tookEffect &&
          (isDraft ? <Trans>Turn the connection on to use these settings.</Trans> : <Trans>These settings are in effect.</Trans>)}
        {passed && !tookEffect && <Trans>What is enforced changes only by an owner’s test.</Trans>}
      </p>
      {rule && (
        <p className={styles.refused}>
          <Trans>The answer broke the rule {rule}.</Trans> {detail}
        </p>
      )}
      <ul>
        {findings.map((finding) => (
          <li key={finding}>{t(FINDINGS[finding])}</li>
        ))}
      </ul>
      {emailClaim && (
        <Facts
          items={[
            [t`E-mail`, `${email ?? '–'} (${emailClaim})`],
            [t`Name`, nameClaim ? `${name} (${nameClaim})` : '–'],
            [t`Owner of the organization`, isByOwner ? t`yes: it may be enforced` : t`no`],
          ]}
        />
      )}
      {Object.keys(claims).length > 0 && (
        <PlainTable
          label={t`Claims received`}
          heads={[t`Claim`, t`Value`]}
          rows={Object.entries(claims).map(([claim, values]) => [<code key="claim">{claim}</code>, values.join(', ')])}
        />
      )}
    </section>
  );
}
