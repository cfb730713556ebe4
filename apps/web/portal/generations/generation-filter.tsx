import { useLingui } from '@lingui/react/macro';
import { Select, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { GENERATION_STATES, type GenerationState, useStateWord } from '#web/parts/chip/state-chip';
import { clearButton } from '#web/parts/filter/clear-button';
import { DayFields } from '#web/parts/filter/days';
import { type Change, chosenOf, textOf } from '#web/parts/filter/use-filter';
import { Filters } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { type CreatedSpan, daysOf, instantOf, spanOf } from '#web/portal/generations/created-days';
import { MODEL_NAMES, tierWord } from '#web/portal/generations/generation-words';
import { useProjects } from '#web/portal/organization/use-projects';

/** Which generations a list shows, as the API takes it. */
export interface GenerationFilter extends CreatedSpan {
  state?: GenerationState;
  model?: string;
  tier?: ServiceTier;
  project?: string;
  label?: string;
}

export function generationFilterOf(search: Readonly<Record<string, unknown>>): GenerationFilter {
  const { state, model, tier, project, label, createdAfter, createdBefore } = search;
  return chosenOf({
    state: GENERATION_STATES.find((one) => one === state),
    model: textOf(model),
    tier: SERVICE_TIERS.find((one) => one === tier),
    project: textOf(project),
    label: textOf(label),
    createdAfter: instantOf(createdAfter),
    createdBefore: instantOf(createdBefore),
  });
}

interface GenerationFilterBarProps {
  filter: GenerationFilter;
  choose(change: Change<GenerationFilter>): void;
  /** Beside the fields. */
  children?: ReactNode;
}

export function GenerationFilterBar({ filter, choose, children }: GenerationFilterBarProps) {
  const { t } = useLingui();
  const word = useStateWord();
  const scope = useScope();
  const [label, setLabel] = useState(filter.label ?? '');
  const applyLabel = () => label.trim() !== (filter.label ?? '') && choose({ label: label.trim() });
  return (
    <Filters label={t`Filters`}>
      <Select
        label={t`State`}
        placeholder={t`Any state`}
        {...clearButton(t`Clear state`)}
        data={GENERATION_STATES.map((value) => ({ value, label: word(value) }))}
        value={filter.state ?? null}
        onChange={(state) => choose({ state })}
      />
      <Select
        label={t`Model`}
        placeholder={t`Any model`}
        {...clearButton(t`Clear model`)}
        data={MODEL_NAMES}
        value={filter.model ?? null}
        onChange={(model) => choose({ model })}
      />
      <Select
        label={t`Tier`}
        placeholder={t`Any tier`}
        {...clearButton(t`Clear tier`)}
        data={SERVICE_TIERS.map((value) => ({ value, label: t(tierWord[value]) }))}
        value={filter.tier ?? null}
        onChange={(tier) => choose({ tier })}
      />
      {scope.may('projects:read') && <ProjectSelect value={filter.project} choose={(project) => choose({ project })} />}
      <TextInput
        label={t`Label`}
        placeholder="campaign:spring"
        value={label}
        onChange={({ currentTarget }) => setLabel(currentTarget.value)}
        onKeyDown={({ key }) => key === 'Enter' && applyLabel()} // a form of several fields has no implicit submission
        onBlur={applyLabel}
      />
      <DayFields days={daysOf(filter)} choose={(days) => choose(spanOf(days))} />
      {children}
    </Filters>
  );
}

function ProjectSelect({ value, choose }: { value: string | undefined; choose(id: string | null): void }) {
  const { t } = useLingui();
  const projects = useProjects();
  return (
    <Select
      label={t`Project`}
      placeholder={t`Any project`}
      {...clearButton(t`Clear project`)}
      searchable
      data={projects.map(({ id, name }) => ({ value: id, label: name }))}
      value={value ?? null}
      onChange={choose}
    />
  );
}
