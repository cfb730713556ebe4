import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { Acts } from '#web/admin/controls/acts';
import { PauseDialog } from '#web/admin/controls/pause-dialog';
import { Pauses } from '#web/admin/controls/pauses';
import { Proposals } from '#web/admin/controls/proposals';
import { SwitchDialog } from '#web/admin/controls/switch-dialog';
import { Switches } from '#web/admin/controls/switches';
import { useMayOperate } from '#web/admin/panel/tenants';
import { Page } from '#web/parts/shell/page';

/** What operators hold back or refuse, and what waits for a second one of them. Each act is in the audit log. */
export function ControlsPage() {
  const { t } = useLingui();
  const mayOperate = useMayOperate();
  const [open, setOpen] = useState<'pause' | 'switch' | null>(null);
  const close = () => setOpen(null);
  return (
    <Page
      title={t`Controls`}
      actions={
        mayOperate && (
          <Group gap="sm">
            <Button variant="default" onClick={() => setOpen('pause')}>
              <Trans>Pause work</Trans>
            </Button>
            <Button color="danger" onClick={() => setOpen('switch')}>
              <Trans>Switch off</Trans>
            </Button>
          </Group>
        )
      }
    >
      <Switches />
      <Pauses />
      <Proposals />
      <Acts />
      {open === 'pause' && <PauseDialog close={close} />}
      {open === 'switch' && <SwitchDialog close={close} />}
    </Page>
  );
}
