import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { MODELS } from '#core/catalog/models';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { MAX_PROMPT_CHARACTERS, MIN_PROMPT_CHARACTERS } from '#core/generations/limits';
import { createGeneration, quoteGeneration } from '#sdk/sdk.gen';
import type { CreateGeneration } from '#sdk/types.gen';
import { Credits } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';
import { clearButton } from '#web/parts/filter/clear-button';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { MODEL_NAMES, tierWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';

const QUOTED_AFTER_MS = 250;

interface Wish {
  model: string;
  prompt: string;
  aspectRatio: string | null;
  resolution: string | null;
  duration: string | null;
  tier: ServiceTier | null;
  seed: number | '';
  label: string;
}

/** Asks for one generation. Its price and tier are known before the click that spends it. */
export function NewGenerationPage() {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const [wish, setWish] = useState<Wish>({
    model: 'photon-1',
    prompt: '',
    aspectRatio: null,
    resolution: null,
    duration: null,
    tier: null,
    seed: '',
    label: '',
  });
  const set = (change: Partial<Wish>) => setWish((before) => ({ ...before, ...change }));
  const model = MODELS[wish.model];
  const video = model?.kind === 'video' && !model.fixed ? model : undefined;
  const hasPrompt = wish.prompt.trim().length >= MIN_PROMPT_CHARACTERS;

  const [asked] = useDebouncedValue(bodyOf({ ...wish, prompt: 'a prompt does not change the price' }), QUOTED_AFTER_MS);
  const quote = useQuery({
    queryKey: ['quote', asked],
    queryFn: async ({ signal }) => (await quoteGeneration({ body: asked, signal, throwOnError: true })).data,
    placeholderData: keepPreviousData,
  });
  const create = useMutation({
    mutationFn: async () =>
      (await createGeneration({ body: bodyOf(wish), headers: { 'idempotency-key': crypto.randomUUID() }, throwOnError: true })).data,
    onSuccess: ({ id }) => void navigate({ to: scope.path(`/generations/${id}`) }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (hasPrompt && quote.data) create.mutate();
  };
  return (
    <Page title={t`New generation`} width="form">
      <form className={styles.form} onSubmit={submit}>
        <Textarea
          className={styles.wide}
          label={t`Prompt`}
          required
          autosize
          minRows={3}
          maxLength={MAX_PROMPT_CHARACTERS}
          value={wish.prompt}
          onChange={({ currentTarget }) => set({ prompt: currentTarget.value })}
        />
        <Select
          label={t`Model`}
          data={MODEL_NAMES}
          allowDeselect={false}
          value={wish.model}
          onChange={(value) => value && set({ model: value, aspectRatio: null, resolution: null, duration: null })}
        />
        <Select
          label={t`Aspect ratio`}
          data={[...(model?.aspectRatios ?? [])]}
          value={wish.aspectRatio ?? model?.defaultAspectRatio ?? null}
          allowDeselect={false}
          onChange={(aspectRatio) => set({ aspectRatio })}
        />
        {video && (
          <>
            <Select
              label={t`Resolution`}
              data={[...video.resolutions]}
              value={wish.resolution ?? video.defaultResolution}
              allowDeselect={false}
              onChange={(resolution) => set({ resolution })}
            />
            <Select
              label={t`Duration`}
              data={[...video.durations]}
              value={wish.duration ?? video.defaultDuration}
              allowDeselect={false}
              onChange={(duration) => set({ duration })}
            />
          </>
        )}
        <Select
          label={t`Tier`}
          data={SERVICE_TIERS.map((value) => ({ value, label: t(tierWord[value]) }))}
          placeholder={t`As the project has it`}
          {...clearButton(t`Clear tier`)}
          value={wish.tier}
          onChange={(tier) => set({ tier: tier as ServiceTier | null })}
        />
        <NumberInput
          label={t`Seed`}
          placeholder={t`Random`}
          min={0}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={wish.seed}
          onChange={(seed) => set({ seed: typeof seed === 'number' ? seed : '' })}
        />
        <TextInput
          className={styles.wide}
          label={t`Label`}
          placeholder="campaign:spring"
          value={wish.label}
          onChange={({ currentTarget }) => set({ label: currentTarget.value })}
        />
        <div className={`${styles.quote} ${styles.wide}`}>
          <Button type="submit" disabled={!hasPrompt || !quote.data} loading={create.isPending}>
            <Trans>Create generation</Trans>
          </Button>
          {quote.data && (
            <p aria-live="polite">
              <Trans>
                <Credits value={quote.data.priceCredits} /> credits, tier {t(tierWord[quote.data.serviceTier])}, about{' '}
                {formatSpan(quote.data.burnLaneMs)} on a lane
              </Trans>
            </p>
          )}
        </div>
        {(create.error ?? quote.error) && (
          <p role="alert" className={`${styles.refused} ${styles.wide}`}>
            {(create.error ?? quote.error)?.message}
          </p>
        )}
      </form>
    </Page>
  );
}

function bodyOf({ model, prompt, aspectRatio, resolution, duration, tier, seed, label }: Wish): CreateGeneration {
  const at = label.indexOf(':');
  return {
    model,
    prompt: prompt.trim(),
    ...(aspectRatio && { aspectRatio }),
    ...(resolution && { resolution }),
    ...(duration && { duration }),
    ...(tier && { serviceTier: tier }),
    ...(seed !== '' && { seed }),
    ...(at > 0 && { labels: { [label.slice(0, at).trim()]: label.slice(at + 1).trim() } }),
  };
}
