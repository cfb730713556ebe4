import { Trans } from '@lingui/react/macro';
import { Anchor, Title } from '@mantine/core';
import styles from '#web/parts/states/panel.module.css';

/** Where there is no page around it. */
export function NothingAtAll() {
  return (
    <div className={styles.alone}>
      <NotFound />
    </div>
  );
}

/** The same for what does not exist and what one may not see. */
export function NotFound() {
  return (
    <section className={styles.panel}>
      <Title order={2}>
        <Trans>There is nothing here</Trans>
      </Title>
      <p>
        <Trans>This page does not exist, or your sign-in does not reach it.</Trans>
      </p>
      <Anchor href="/">
        <Trans>Go to Home</Trans>
      </Anchor>
    </section>
  );
}
