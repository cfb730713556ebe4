import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import styles from '#web/admin/live/live.module.css';
import { Panel } from '#web/admin/panel/panel';
import { useUrl } from '#web/admin/panel/search';
import { useTenants } from '#web/admin/panel/tenants';
import { Explained } from '#web/admin/queue/explained';

/** Why one generation waits, asked of the leader that plans it. */
export function Explain({ generation, tenant }: { generation: string | undefined; tenant: string | undefined }) {
  const { t } = useLingui();
  const [, change] = useUrl();
  const { tenants, nameOf } = useTenants();
  return (
    <>
      <Panel id="explain" title={t`Explain one wait`}>
        <form
          className={styles.bar}
          onSubmit={(event) => {
            event.preventDefault();
            const given = new FormData(event.currentTarget);
            change({ generation: String(given.get('generation')).trim(), tenant: String(given.get('tenant')) });
          }}
        >
          <TextInput label={t`Generation`} name="generation" defaultValue={generation} required w={320} maw="100%" />
          <NativeSelect
            label={t`Tenant`}
            name="tenant"
            key={tenants.length}
            defaultValue={tenant}
            data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <Button type="submit" variant="default">
            <Trans>Explain the wait</Trans>
          </Button>
        </form>
      </Panel>
      {generation && tenant && <Explained id={generation} tenantId={tenant} name={nameOf(tenant)} />}
    </>
  );
}
