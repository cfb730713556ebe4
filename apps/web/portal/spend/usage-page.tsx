import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button, Select, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { isServiceTier } from '#core/catalog/service-tiers';
import { formatCredits as exactCredits, parseCredits } from '#core/ledger/credits';
import { getUsageOptions, listKeysOptions, listMembersOptions, listProjectsOptions } from '#sdk/@tanstack/react-query.gen';
import type { GetUsageResponse } from '#sdk/types.gen';
import { saveFile } from '#web/parts/api/save-file';
import { Bars } from '#web/parts/chart/bars';
import { Credits } from '#web/parts/figures/figures';
import { Figures, Filters } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { tierWord } from '#web/portal/generations/generation-words';
import { MonthSelect, monthOf, spanOf } from '#web/portal/spend/month';
import { SpendSections } from '#web/portal/spend/spend-sections';

const WAYS = ['model', 'project', 'tier', 'key', 'day', 'label', 'brand'] as const;
type Way = (typeof WAYS)[number];
type Group = GetUsageResponse['usage'][number];

/** What completed generations cost in a month, told apart in one of several ways. */
export function UsagePage() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const month = monthOf(search.month);
  const by = WAYS.find((way) => way === search.by) ?? 'model';
  const label = typeof search.label === 'string' && search.label !== '' ? search.label : 'campaign';
  const [typed, setTyped] = useState(label);
  const choose = (change: Record<string, string>) => void navigate({ to: '.', search: { ...search, ...change } });
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...getUsageOptions({ query: { ...spanOf(month), by, ...(by === 'label' && { label }) } }),
    placeholderData: keepPreviousData,
  });
  const nameOf = useNames(by);
  const { agency, brand } = useScope();
  const hasBrands = !brand && agency.brands.length > 0;
  const words: Record<Way, string> = {
    model: t`Model`,
    project: t`Project`,
    tier: t`Tier`,
    key: t`API key or person`,
    day: t`Day`,
    label: t`Label`,
    brand: t`Brand`,
  };
  const usage = data?.usage ?? [];
  const totalMicro = usage.reduce((sum, { credits }) => sum + microOf(credits), 0n);
  const generations = usage.reduce((sum, group) => sum + group.generations, 0);
  const ordered = by === 'day' ? usage : usage.toSorted((a, b) => Number(microOf(b.credits) - microOf(a.credits)));
  const csv = () =>
    saveFile(`usage-${month}-${by}.csv`, 'text/csv', [
      `${by},generations,credits\n`,
      ...usage.map(({ group, generations: count, credits }) => `${csvCell(group ?? '')},${count},${credits}\n`),
    ]);
  return (
    <Page
      title={t`Usage`}
      actions={
        <Button variant="default" onClick={csv} disabled={usage.length === 0}>
          <Trans>Download CSV</Trans>
        </Button>
      }
    >
      <SpendSections />
      <Filters label={t`Filters`}>
        <MonthSelect month={month} choose={(value) => choose({ month: value })} />
        <Select
          label={t`Told apart by`}
          data={WAYS.filter((way) => way !== 'brand' || hasBrands).map((value) => ({ value, label: words[value] }))}
          value={by}
          onChange={(value) => value && choose({ by: value })}
          allowDeselect={false}
        />
        {by === 'label' && (
          <TextInput
            label={t`Name of the label`}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            onBlur={() => typed.trim() && choose({ label: typed.trim() })}
            onKeyDown={({ key }) => key === 'Enter' && typed.trim() && choose({ label: typed.trim() })}
          />
        )}
      </Filters>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The usage`} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && usage.length === 0 && (
        <Empty title={t`Nothing was paid in this month`}>
          <Trans>Generations count in the month in which they are completed.</Trans>
        </Empty>
      )}
      {data && usage.length > 0 && (
        <div aria-busy={isPlaceholderData} style={{ opacity: isPlaceholderData ? 0.6 : 1 }}>
          <Figures
            items={[
              [t`Spent`, <Credits key="spent" value={exactCredits(totalMicro)} />],
              [t`Generations`, generations],
            ]}
          />
          <Bars
            title={t`Usage by ${words[by]}`}
            heads={[words[by], t`Generations`, t`Credits`]}
            bars={ordered.map((group) => ({
              key: group.group ?? '',
              name: <Name by={by} label={label} group={group} nameOf={nameOf} />,
              size: microOf(group.credits),
              values: [group.generations, <Credits key="credits" value={group.credits} />],
            }))}
          />
        </div>
      )}
    </Page>
  );
}

/** A refund of an earlier month's work may leave a group below nothing. */
function microOf(credits: string): bigint {
  return credits.startsWith('-') ? -parseCredits(credits.slice(1)) : parseCredits(credits);
}

/** A text that begins like a formula is none for a spreadsheet. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Names of brands, projects, keys and people by their ids: those of the first page, which is all for nearly everybody. */
function useNames(by: Way): (id: string) => string | undefined {
  const scope = useScope();
  const projects = useQuery({ ...listProjectsOptions(), enabled: by === 'project' && scope.may('projects:read') });
  const keys = useQuery({ ...listKeysOptions(), enabled: by === 'key' && scope.may('keys:read') });
  const members = useQuery({ ...listMembersOptions(), enabled: by === 'key' && scope.may('members:read') });
  const brands = by === 'brand' ? [scope.agency, ...scope.agency.brands] : [];
  const named = [...brands, ...(projects.data?.projects ?? []), ...(keys.data?.keys ?? []), ...(members.data?.members ?? [])];
  return (id) => named.find((one) => one.id === id)?.name;
}

function Name({ by, label, group: { group }, nameOf }: { by: Way; label: string; group: Group; nameOf(id: string): string | undefined }) {
  const { t } = useLingui();
  const scope = useScope();
  if (group === null) return by === 'project' ? t`no project` : t`without this label`;
  if (by === 'tier' && isServiceTier(group)) return t(tierWord[group]);
  if (by === 'model' || by === 'label') {
    const filter = by === 'model' ? { model: group } : { label: `${label}:${group}` };
    return (
      <Anchor component={Link} to={scope.path('/generations')} search={filter as never}>
        {group}
      </Anchor>
    );
  }
  return nameOf(group) ?? group;
}
