import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { askWhatIf } from '#sdk/sdk.gen';
import styles from '#web/admin/live/live.module.css';
import { Panel } from '#web/admin/panel/panel';
import { PoolSelect, usePoolClass } from '#web/admin/panel/pool-select';
import { useUrl } from '#web/admin/panel/search';
import { useTenants } from '#web/admin/panel/tenants';
import { type Change, useChangeWords } from '#web/admin/what-if/change-words';
import { useAct } from '#web/parts/api/acting';
import { ErrorPanel } from '#web/parts/states/error-panel';

type Kind = Change['change'];

/** Gathers changes, then asks. */
export function AskPanel() {
  const { t } = useLingui();
  const [, change] = useUrl();
  const poolClass = usePoolClass();
  const wordsOf = useChangeWords();
  const [changes, setChanges] = useState<Change[]>([]);
  const ask = useAct({
    act: async () => (await askWhatIf({ body: { poolClass: poolClass ?? '', changes }, throwOnError: true })).data,
    done: t`Asked what would be`,
    isInForm: true,
    after: ({ id }) => change({ simulation: id }),
  });
  return (
    <Panel id="ask" title={t`Ask what would be`}>
      <div className={styles.bar}>
        <PoolSelect />
      </div>
      <AddChange add={(added) => setChanges([...changes, added])} />
      {changes.length > 0 && (
        <ul aria-label={t`Changes`}>
          {changes.map((one, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same change may be there twice
            <li key={at}>
              {wordsOf(one)}{' '}
              <Button
                variant="default"
                size="compact-sm"
                aria-label={t`Remove: ${wordsOf(one)}`}
                onClick={() => setChanges(changes.toSpliced(at, 1))}
              >
                <Trans>Remove</Trans>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {ask.error && <ErrorPanel error={ask.error} what={t`The question`} />}
      <Button disabled={changes.length === 0 || !poolClass} loading={ask.isPending} onClick={() => ask.mutate(undefined)}>
        <Trans>Replay the last day</Trans>
      </Button>
    </Panel>
  );
}

function AddChange({ add }: { add(change: Change): void }) {
  const { t } = useLingui();
  const { tenants } = useTenants();
  const [kind, setKind] = useState<Kind>('add_nodes');
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState('');
  const [count, setCount] = useState<number | string>(1);
  const [lanes, setLanes] = useState<number | string>(8);
  const tenantId = tenant || (tenants[0]?.id ?? '');
  const isOfTenant = kind === 'sell_units' || kind === 'set_share';
  const made: Record<Kind, Change> = {
    add_nodes: { change: 'add_nodes', siteId: name, nodes: Number(count), lanesPerNode: Number(lanes) },
    lose_node: { change: 'lose_node', nodeId: name },
    lose_site: { change: 'lose_site', siteId: name },
    sell_units: { change: 'sell_units', tenantId, units: Number(count) },
    set_share: { change: 'set_share', tenantId, weight: Number(count) },
  };
  return (
    <form
      className={styles.bar}
      onSubmit={(event) => {
        event.preventDefault();
        add(made[kind]);
      }}
    >
      <NativeSelect
        label={t`Change`}
        data={[
          { value: 'add_nodes', label: t`Add nodes` },
          { value: 'lose_node', label: t`Lose a node` },
          { value: 'lose_site', label: t`Lose a site` },
          { value: 'sell_units', label: t`Sell units` },
          { value: 'set_share', label: t`Change a share` },
        ]}
        value={kind}
        onChange={({ currentTarget }) => setKind(currentTarget.value as Kind)}
      />
      {isOfTenant ? (
        <NativeSelect
          label={t`Tenant`}
          data={tenants.map(({ id, name: label }) => ({ value: id, label }))}
          value={tenantId}
          onChange={({ currentTarget }) => setTenant(currentTarget.value)}
        />
      ) : (
        <TextInput
          label={kind === 'lose_node' ? t`Node` : t`Site`}
          required
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      )}
      {(isOfTenant || kind === 'add_nodes') && (
        <NumberInput
          label={kind === 'set_share' ? t`Share` : kind === 'sell_units' ? t`Units` : t`Nodes`}
          min={1}
          value={count}
          onChange={setCount}
          hideControls
        />
      )}
      {kind === 'add_nodes' && <NumberInput label={t`Lanes per node`} min={1} value={lanes} onChange={setLanes} hideControls />}
      <Button type="submit" variant="default">
        <Trans>Add change</Trans>
      </Button>
    </form>
  );
}
