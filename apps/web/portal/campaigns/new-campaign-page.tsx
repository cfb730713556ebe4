import { Trans, useLingui } from '@lingui/react/macro';
import { Button, FileInput, SegmentedControl, Select, Table, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { MODELS } from '#core/catalog/models';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { matrixRows } from '#core/ingestion/matrix';
import { getBatchOptions } from '#sdk/@tanstack/react-query.gen';
import { client } from '#sdk/client.gen';
import type { Batch } from '#sdk/types.gen';
import { Credits } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Loading } from '#web/parts/states/loading';
import styles from '#web/portal/campaigns/campaigns.module.css';
import { MODEL_NAMES, tierWord } from '#web/portal/generations/generation-words';

const RENEWED_EVERY_MS = 700;
const ERRORS_SHOWN = 200;

interface Axis {
  name: string;
  /** One a line. */
  values: string;
}

interface Wish {
  source: 'matrix' | 'csv';
  name: string;
  model: string;
  aspectRatio: string | null;
  tier: ServiceTier;
  promptTemplate: string;
  file: File | null;
  axes: Axis[];
}

/** A table or a matrix, then a check that names every row that will not do, then its price, then the launch. */
export function NewCampaignPage() {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const [wish, setWish] = useState<Wish>({
    source: 'matrix',
    name: '',
    model: 'photon-1',
    aspectRatio: null,
    tier: 'flex',
    promptTemplate: '',
    file: null,
    axes: [{ name: '', values: '' }],
  });
  const check = useMutation({ mutationFn: () => send(wish, true) });
  const launch = useMutation({
    mutationFn: () => send(wish, false),
    onSuccess: ({ id }) => void navigate({ to: scope.path(`/campaigns/${id}`) }),
  });
  // What was checked is no longer what would be launched.
  const set = (change: Partial<Wish>) => {
    setWish((before) => ({ ...before, ...change }));
    check.reset();
  };
  const setAxis = (at: number, change: Partial<Axis>) =>
    set({ axes: wish.axes.map((axis, one) => (one === at ? { ...axis, ...change } : axis)) });
  const model = MODELS[wish.model];
  const matrix = matrixOf(wish.axes);
  const isWhole = wish.source === 'csv' ? wish.file !== null : Object.keys(matrix).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    check.mutate();
  };
  const problem = check.error ?? launch.error;
  return (
    <Page title={t`New campaign`} width="form">
      <form className={styles.form} onSubmit={submit} aria-label={t`New campaign`}>
        <TextInput label={t`Name`} value={wish.name} maxLength={200} onChange={({ currentTarget }) => set({ name: currentTarget.value })} />
        <Select
          label={t`Tier`}
          allowDeselect={false}
          data={SERVICE_TIERS.map((value) => ({ value, label: t(tierWord[value]) }))}
          value={wish.tier}
          onChange={(tier) => tier && set({ tier: tier as ServiceTier })}
        />
        <Select
          label={t`Model`}
          allowDeselect={false}
          data={MODEL_NAMES}
          value={wish.model}
          onChange={(value) => value && set({ model: value, aspectRatio: null })}
        />
        <Select
          label={t`Aspect ratio`}
          allowDeselect={false}
          data={[...(model?.aspectRatios ?? [])]}
          value={wish.aspectRatio ?? model?.defaultAspectRatio ?? null}
          onChange={(aspectRatio) => set({ aspectRatio })}
        />
        <SegmentedControl
          data-wide
          aria-label={t`Rows from`}
          value={wish.source}
          onChange={(source) => set({ source: source as Wish['source'] })}
          data={[
            { value: 'matrix', label: t`Matrix` },
            { value: 'csv', label: t`CSV file` },
          ]}
        />
        <Textarea
          wrapperProps={{ 'data-wide': true }}
          label={t`Prompt`}
          description={t`Names in double braces are filled from the columns of the file or the axes of the matrix`}
          placeholder="{{product}} in {{city}}"
          autosize
          minRows={2}
          value={wish.promptTemplate}
          onChange={({ currentTarget }) => set({ promptTemplate: currentTarget.value })}
        />
        {wish.source === 'csv' && (
          <FileInput
            wrapperProps={{ 'data-wide': true }}
            label={t`CSV file`}
            description={t`The first line names the columns`}
            placeholder={t`Choose file`}
            accept=".csv,text/csv"
            clearable
            clearButtonProps={{ 'aria-label': t`Clear file` }}
            value={wish.file}
            onChange={(file) => set({ file })}
          />
        )}
        {wish.source === 'matrix' && (
          <fieldset data-wide style={{ border: 0, margin: 0, padding: 0, display: 'grid', gap: 12 }}>
            <legend className={styles.quiet}>
              <Trans>Axes: every combination of their values is a row</Trans>
            </legend>
            {wish.axes.map((axis, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: axes have no other identity while they are typed
              <div key={at} className={styles.axis}>
                <TextInput
                  label={t`Axis ${at + 1}`}
                  placeholder="city"
                  value={axis.name}
                  onChange={({ currentTarget }) => setAxis(at, { name: currentTarget.value })}
                />
                <Textarea
                  label={t`Values of axis ${at + 1}, one a line`}
                  autosize
                  minRows={1}
                  maxRows={8}
                  value={axis.values}
                  onChange={({ currentTarget }) => setAxis(at, { values: currentTarget.value })}
                />
                <Button
                  variant="default"
                  onClick={() => set({ axes: wish.axes.filter((_, one) => one !== at) })}
                  disabled={wish.axes.length === 1}
                  aria-label={t`Remove axis ${at + 1}`}
                >
                  <Trans>Remove axis</Trans>
                </Button>
              </div>
            ))}
            <div className={styles.bar}>
              <Button
                variant="default"
                onClick={() => set({ axes: [...wish.axes, { name: '', values: '' }] })}
                disabled={wish.axes.length >= 8}
              >
                <Trans>Add axis</Trans>
              </Button>
              <span className={styles.quiet}>
                <Trans>{isWhole ? matrixRows(matrix) : 0} rows</Trans>
              </span>
            </div>
          </fieldset>
        )}
        <div data-wide className={styles.bar}>
          <Button type="submit" disabled={!isWhole} loading={check.isPending}>
            <Trans>Check campaign</Trans>
          </Button>
        </div>
        {problem && (
          <p role="alert" className={styles.refused} data-wide>
            {problem.message}
          </p>
        )}
      </form>
      {check.data && <Checked id={check.data.id} tier={wish.tier} launch={() => launch.mutate()} isLaunching={launch.isPending} />}
    </Page>
  );
}

function Checked({ id, tier, launch, isLaunching }: { id: string; tier: ServiceTier; launch(): void; isLaunching: boolean }) {
  const { t } = useLingui();
  const { data: batch } = useQuery({
    ...getBatchOptions({ path: { id } }),
    refetchInterval: ({ state }) => (state.data?.finishedAt ? false : RENEWED_EVERY_MS),
  });
  if (!batch?.finishedAt) return <Loading lines={3} />;
  const { rows } = batch;
  return (
    <section aria-label={t`Check`} className={styles.panel}>
      <Title order={2}>
        <Trans>Check</Trans>
      </Title>
      <p role="status">
        <Trans>
          {rows.accepted} rows are accepted, {rows.refused} are refused.
        </Trans>
        {batch.stateReason && ` ${batch.stateReason}`}
      </p>
      {rows.refused > 0 && <Errors id={id} refused={rows.refused} />}
      {rows.accepted > 0 && (
        <div className={styles.bar}>
          <Button onClick={launch} loading={isLaunching}>
            <Trans>Launch campaign</Trans>
          </Button>
          <p className={styles.quiet}>
            <Trans>
              <Credits value={batch.priceCredits} /> credits, tier {t(tierWord[tier])}, about {formatSpan(batch.burnLaneMs)} on one lane.
            </Trans>{' '}
            {tier === 'flex' && <Trans>It ends within 24 hours.</Trans>}
          </p>
        </div>
      )}
      {batch.missingCredits !== '0' && (
        <p className={styles.refused}>
          <Trans>
            <Credits value={batch.missingCredits} /> credits are missing: the campaign would pause before its end.
          </Trans>
        </p>
      )}
    </section>
  );
}

interface RowError {
  row: number;
  line: number;
  field: string | null;
  reason: string;
}

function Errors({ id, refused }: { id: string; refused: number }) {
  const { t } = useLingui();
  const { data: errors } = useQuery({
    queryKey: ['campaign errors', id],
    queryFn: async ({ signal }) => {
      const { data } = await client.get<{ 200: string }, unknown, true>({
        url: `/api/v1/batches/${id}/errors`,
        parseAs: 'text',
        signal,
        throwOnError: true,
      });
      const lines = data.split('\n', ERRORS_SHOWN).filter(Boolean);
      return lines.map((line) => JSON.parse(line) as RowError);
    },
  });
  if (!errors) return <Loading lines={3} />;
  return (
    <section className={styles.scroll} tabIndex={0} aria-label={t`Refused rows`}>
      <Table aria-label={t`Refused rows`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t`Line`}</Table.Th>
            <Table.Th scope="col">{t`Column`}</Table.Th>
            <Table.Th scope="col">{t`Reason`}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {errors.map(({ row, line, field, reason }) => (
            <Table.Tr key={row}>
              <Table.Td>{line}</Table.Td>
              <Table.Td>{field}</Table.Td>
              <Table.Td>{reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {refused > errors.length && (
        <p className={styles.quiet}>
          <Trans>
            {errors.length} of {refused} shown
          </Trans>
        </p>
      )}
    </section>
  );
}

function matrixOf(axes: readonly Axis[]): Record<string, string[]> {
  const named = axes.map(({ name, values }): [string, string[]] => [
    name.trim(),
    values
      .split('\n')
      .map((value) => value.trim())
      .filter(Boolean),
  ]);
  return Object.fromEntries(named.filter(([name, values]) => name !== '' && values.length > 0));
}

/** Sends the campaign, to be checked or to be made. A file goes as it is, and what it does not say goes with it. */
async function send(wish: Wish, dryRun: boolean): Promise<Batch> {
  const { source, name, model, aspectRatio, tier, promptTemplate, file, axes } = wish;
  const options = {
    ...(name.trim() && { name: name.trim() }),
    serviceTier: tier,
    dryRun,
    defaults: { model, ...(aspectRatio && { aspectRatio }) },
    ...(promptTemplate.trim() && { promptTemplate: promptTemplate.trim() }),
    ...(source === 'matrix' && { matrix: matrixOf(axes) }),
  };
  const fromFile = source === 'csv' && file !== null;
  const { data } = await client.post<{ 202: Batch }, unknown, true>({
    url: '/api/v1/batches',
    throwOnError: true,
    ...(fromFile
      ? { query: { options: JSON.stringify(options) }, body: file, bodySerializer: null, headers: { 'content-type': 'text/csv' } }
      : { body: options, headers: { 'content-type': 'application/json' } }),
  });
  return data;
}
