import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { listSavedViewsOptions } from '#sdk/@tanstack/react-query.gen';
import { deleteSavedView, saveView } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { NameDialog } from '#web/parts/dialog/name-dialog';
import { clearButton } from '#web/parts/filter/clear-button';
import { Filters } from '#web/parts/panel/panel';
import type { GenerationFilter } from '#web/portal/generations/generation-filter';

/** Filters that one has saved for oneself: choosing one filters the list by it. */
export function SavedViews({ filter }: { filter: GenerationFilter }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [isNew, setNew] = useState(false);
  const views = useQuery(listSavedViewsOptions()).data?.views ?? [];
  const chosen = views.find(({ filters }) => isSame(filters, filter));
  const show = (filters: object) => void navigate({ to: '.', search: filters as never });
  const remove = useAct({
    act: (id: string) => deleteSavedView({ path: { id }, throwOnError: true }),
    done: t`Deleted the view`,
  });
  const isFiltered = Object.keys(filter).length > 0;
  if (views.length === 0 && !isFiltered) return null;
  return (
    <Filters label={t`Saved views`}>
      {views.length > 0 && (
        <Select
          label={t`View`}
          placeholder={t`No saved view`}
          {...clearButton(t`Clear view`)}
          data={views.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen?.id ?? null}
          onChange={(id) => show(views.find((one) => one.id === id)?.filters ?? {})}
        />
      )}
      {isFiltered && !chosen && (
        <Button variant="default" onClick={() => setNew(true)}>
          <Trans>Save view</Trans>
        </Button>
      )}
      {chosen && (
        <Button variant="default" onClick={() => remove.mutate(chosen.id)} aria-label={t`Delete view ${chosen.name}`}>
          <Trans>Delete view</Trans>
        </Button>
      )}
      {isNew && (
        <NameDialog
          close={() => setNew(false)}
          verb={t`Save view`}
          act={(name) => saveView({ body: { page: 'generations', name, filters: { ...filter } }, throwOnError: true })}
          done={(name) => t`Saved the view ${name}`}
          after={() => setNew(false)}
        />
      )}
    </Filters>
  );
}

function isSame(saved: Readonly<Record<string, string>>, filter: GenerationFilter): boolean {
  const shown = Object.entries(filter);
  return shown.length > 0 && shown.length === Object.keys(saved).length && shown.every(([name, value]) => saved[name] === value);
}
