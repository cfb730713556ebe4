import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Checkbox, MultiSelect, NumberInput, Select, TagsInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { SETTING_NAMES, type SettingName } from '#core/settings/settings';
import type { SettingSources, Settings } from '#sdk/types.gen';
import { useScope } from '#web/parts/scope/scope';
import { MODEL_NAMES, tierWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/organization/settings-fields.module.css';

const MAX_RETENTION_DAYS = 3_650;

/** What is set here; what is not in it is taken over from above. */
export type OwnSettings = Partial<Settings>;

export function ownSettings(values: Settings, sources: SettingSources, here: 'project' | 'tenant'): OwnSettings {
  return Object.fromEntries(SETTING_NAMES.filter((name) => sources[name] === here).map((name) => [name, values[name]]));
}

/** As a write has it: what is set, and the rest to be taken over. */
export function settingsBody(own: OwnSettings): OwnSettings & { inherit: SettingName[] } {
  return { ...own, inherit: SETTING_NAMES.filter((name) => own[name] === undefined) };
}

interface SettingsFieldsProps {
  own: OwnSettings;
  change(own: OwnSettings): void;
  /** What holds where nothing is set here. */
  inherited: Settings;
  /** As they are saved. */
  sources: SettingSources;
}

/** The settings that brands and projects take over: each with what holds, who says so, and the way back. */
export function SettingsFields({ own, change, inherited, sources }: SettingsFieldsProps) {
  const { t } = useLingui();
  const values = { ...inherited, ...own };
  const set = (wanted: OwnSettings) => change({ ...own, ...wanted });
  const inherit = (name: SettingName) => {
    const { [name]: _, ...others } = own;
    change(others);
  };
  const field = (name: SettingName, label: string, control: ReactNode) => (
    <Field key={name} label={label} isOwn={own[name] !== undefined} source={sources[name]} inherit={() => inherit(name)}>
      {control}
    </Field>
  );
  const labels = {
    serviceTier: t`Tier`,
    budgetEnforcement: t`Past the budget`,
    allowedModels: t`Models`,
    allowedRegions: t`Regions`,
    retentionDays: t`Days for which prompts and media are kept`,
    noTraining: t`Never use prompts and media for training`,
  };
  return (
    <>
      {field(
        'serviceTier',
        labels.serviceTier,
        <Select
          label={labels.serviceTier}
          description={t`Of requests that name none.`}
          data={SERVICE_TIERS.map((value) => ({ value, label: t(tierWord[value]) }))}
          value={values.serviceTier}
          onChange={(value) => value && set({ serviceTier: value as ServiceTier })}
          allowDeselect={false}
        />,
      )}
      {field(
        'budgetEnforcement',
        labels.budgetEnforcement,
        <Select
          label={labels.budgetEnforcement}
          data={[
            { value: 'refuse', label: t`refuses work` },
            { value: 'warn', label: t`warns and goes on` },
          ]}
          value={values.budgetEnforcement}
          onChange={(value) => value && set({ budgetEnforcement: value as Settings['budgetEnforcement'] })}
          allowDeselect={false}
        />,
      )}
      {field(
        'allowedModels',
        labels.allowedModels,
        <MultiSelect
          label={labels.allowedModels}
          description={t`Any, if none is chosen.`}
          data={MODEL_NAMES}
          value={values.allowedModels ?? []}
          onChange={(chosen) => set({ allowedModels: chosen.length > 0 ? chosen : null })}
        />,
      )}
      {field(
        'allowedRegions',
        labels.allowedRegions,
        <TagsInput
          label={labels.allowedRegions}
          description={t`Work runs there only. Any, if none is named.`}
          value={values.allowedRegions ?? []}
          onChange={(named) => set({ allowedRegions: named.length > 0 ? named : null })}
        />,
      )}
      {field(
        'retentionDays',
        labels.retentionDays,
        <NumberInput
          label={labels.retentionDays}
          description={t`After the end of a project’s generation. 0 erases them within minutes.`}
          min={0}
          max={MAX_RETENTION_DAYS}
          allowDecimal={false}
          hideControls
          required
          value={values.retentionDays}
          onChange={(value) => value !== '' && set({ retentionDays: Number(value) })}
        />,
      )}
      {field(
        'noTraining',
        labels.noTraining,
        <Checkbox
          label={labels.noTraining}
          checked={values.noTraining}
          onChange={({ currentTarget }) => set({ noTraining: currentTarget.checked })}
        />,
      )}
    </>
  );
}

interface FieldProps {
  label: string;
  isOwn: boolean;
  source: SettingSources[SettingName];
  inherit(): void;
  children: ReactNode;
}

function Field({ label, isOwn, source, inherit, children }: FieldProps) {
  const { t } = useLingui();
  const sourceWord = useSourceWord();
  return (
    <div>
      {children}
      <div className={styles.source}>
        {isOwn ? <Trans>Set here</Trans> : sourceWord(source)}
        {isOwn && (
          <Button variant="subtle" size="compact-sm" onClick={inherit} aria-label={t`Take over: ${label}`}>
            <Trans>Take over</Trans>
          </Button>
        )}
      </div>
    </div>
  );
}

/** Who says what is taken over. What has just been given back is told after it is saved. */
function useSourceWord(): (source: SettingSources[SettingName]) => string {
  const { t } = useLingui();
  const { agency, brand } = useScope();
  const here = brand?.name ?? agency.name;
  const above = agency.name;
  return (source) => {
    if (source === 'agency') return t`Taken over from ${above}`;
    if (source === 'platform') return t`As Halogen has it`;
    return source === 'tenant' ? t`Taken over from ${here}` : t`To be taken over`;
  };
}
