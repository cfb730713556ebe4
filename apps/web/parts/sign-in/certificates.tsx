import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { CERTIFICATE_WARNING_DAYS, daysLeft } from '#core/access/certificate-expiry';
import type { SignInConnection } from '#sdk/types.gen';
import { Time } from '#web/parts/figures/figures';
import { Note, Panel } from '#web/parts/panel/panel';
import styles from '#web/parts/panel/panel.module.css';

const FIRST_WARNING_DAYS = CERTIFICATE_WARNING_DAYS[0];

/** Certificates that may sign, with a warning in time. */
export function Certificates({ connection: { tested, edited } }: { connection: SignInConnection }) {
  const { t } = useLingui();
  const certificates = (edited ?? tested)?.certificates ?? [];
  if (certificates.length === 0) return null;
  return (
    <Panel title={t`Certificates`}>
      <CertificateWarning certificates={certificates} />
      <ul style={{ paddingInlineStart: 20, margin: 0 }}>
        {certificates.map(({ sha256, expiresAt }) => (
          <li key={sha256} style={{ overflowWrap: 'anywhere' }}>
            <code>{sha256}</code> <Trans>until</Trans> <Time at={expiresAt} isInstant />
          </li>
        ))}
      </ul>
      <Note>
        <Trans>Any of them may sign. Before the last one expires, enter it together with the next one and test.</Trans>
      </Note>
    </Panel>
  );
}

/** Says so when the last certificate is about to expire. */
export function CertificateWarning({ of, certificates }: { of?: string; certificates: readonly { expiresAt: string }[] }) {
  const last = certificates.map(({ expiresAt }) => new Date(expiresAt)).sort((a, b) => b.getTime() - a.getTime())[0];
  if (!last) return null;
  const days = daysLeft(last, new Date());
  if (days > FIRST_WARNING_DAYS) return null;
  return (
    <p role="status" className={styles.refused}>
      {of && `${of}: `}
      {days <= 0 ? (
        <Trans>The last certificate has expired. Enter the next one.</Trans>
      ) : (
        <Plural
          value={days}
          one="The last certificate expires within a day. Enter the next one beside it."
          other="The last certificate expires in # days. Enter the next one beside it."
        />
      )}
    </p>
  );
}
