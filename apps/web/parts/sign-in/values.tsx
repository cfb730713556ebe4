import { Trans, useLingui } from '@lingui/react/macro';
import { Button, CopyButton } from '@mantine/core';
import styles from '#web/parts/sign-in/values.module.css';

export interface NamedValue {
  /** As the provider's own page calls it. */
  name: string;
  value: string;
}

/** Values to be carried over to another page, each with a button that copies it. */
export function Values({ values }: { values: readonly NamedValue[] }) {
  const { t } = useLingui();
  return (
    <dl className={styles.values}>
      {values.map(({ name, value }) => (
        <div key={name} className={styles.value}>
          <dt>{name}</dt>
          <dd>
            <code>{value}</code>
            <CopyButton value={value}>
              {({ copied, copy }) => (
                <Button variant="default" size="compact-sm" onClick={copy} aria-label={t`Copy ${name}`}>
                  {copied ? <Trans>Copied</Trans> : <Trans>Copy</Trans>}
                </Button>
              )}
            </CopyButton>
          </dd>
        </div>
      ))}
    </dl>
  );
}
