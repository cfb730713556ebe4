import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import styles from '#web/admin/live/live.module.css';
import { Calendar } from '#web/admin/order-book/calendar';
import { Commitments } from '#web/admin/order-book/commitments';
import { CutDialog } from '#web/admin/order-book/cut-dialog';
import { Cuts } from '#web/admin/order-book/cuts';
import { SellDialog } from '#web/admin/order-book/sell-dialog';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { PoolSelect, usePoolClass } from '#web/admin/panel/pool-select';
import { useMayOperate } from '#web/admin/panel/tenants';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';

/** What exists on each day, what of it is sold, and selling more. */
export function OrderBookPage() {
  const { t } = useLingui();
  const [open, setOpen] = useState<'sell' | 'cut'>();
  const mayOperate = useMayOperate();
  const pools = usePoolClasses();
  const poolClass = usePoolClass();
  const close = () => setOpen(undefined);
  return (
    <Page
      title={t`Order book`}
      actions={
        mayOperate &&
        poolClass && (
          <>
            <Button variant="default" onClick={() => setOpen('cut')}>
              <Trans>Cut capacity</Trans>
            </Button>
            <Button onClick={() => setOpen('sell')}>
              <Trans>Sell units</Trans>
            </Button>
          </>
        )
      }
    >
      {pools.error && <ErrorPanel error={pools.error} what={t`Pool classes`} retry={pools.retry} />}
      <div className={styles.bar}>
        <PoolSelect />
      </div>
      {poolClass && <Calendar poolClass={poolClass} />}
      <Cuts />
      <Commitments />
      {open === 'sell' && poolClass && <SellDialog poolClass={poolClass} close={close} />}
      {open === 'cut' && poolClass && <CutDialog poolClass={poolClass} close={close} />}
    </Page>
  );
}
