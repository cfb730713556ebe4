import { Trans, useLingui } from '@lingui/react/macro';
import { Button, FileInput, SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { MODELS } from '#core/catalog/models';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { clearButton } from '#web/parts/filter/clear-button';
import common from '#web/parts/review/review.module.css';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { AxesField } from '#web/portal/campaigns/axes-field';
import styles from '#web/portal/campaigns/campaigns.module.css';
import { CheckedCampaign } from '#web/portal/campaigns/checked-campaign';
import { matrixOf, NEW_WISH, send, type Wish } from '#web/portal/campaigns/wish';
import { MODEL_NAMES, tierWord } from '#web/portal/generations/generation-words';

/** A table or a matrix, then a check that names every row that will not do, then its price, then the launch. */
export function NewCampaignPage() {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const [wish, setWish] = useState(NEW_WISH);
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
  const model = MODELS[wish.model];
  const isWhole = wish.source === 'csv' ? wish.file !== null : Object.keys(matrixOf(wish.axes)).length > 0;
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
            {...clearButton(t`Clear file`)}
            value={wish.file}
            onChange={(file) => set({ file })}
          />
        )}
        {wish.source === 'matrix' && <AxesField axes={wish.axes} change={(axes) => set({ axes })} />}
        <div data-wide className={common.bar}>
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
      {check.data && <CheckedCampaign id={check.data.id} tier={wish.tier} launch={() => launch.mutate()} isLaunching={launch.isPending} />}
    </Page>
  );
}
