import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import {
  MAX_SHARE_DAYS,
  SHARE_ACCESSES,
  SHARED_RESULTS,
  type ShareAccess,
  type SharedResults,
  USUAL_SHARE_DAYS,
} from '#core/review/share-link';
import { createShareLink } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { NameField } from '#web/parts/dialog/name-field';

export const shareWords = {
  access: { view: msg`looking only`, comment: msg`looking and commenting` },
  results: { approved: msg`approved results`, all: msg`all results` },
};

interface ShareDialogProps {
  campaignId: string;
  close(): void;
  after(link: { name: string; url: string }): void;
}

/** Asks for whom a link is, what it shows and how long. */
export function ShareDialog({ campaignId, close, after }: ShareDialogProps) {
  const { t } = useLingui();
  const [name, setName] = useState('');
  const [access, setAccess] = useState<ShareAccess>('comment');
  const [results, setResults] = useState<SharedResults>('approved');
  const [days, setDays] = useState<number | string>(USUAL_SHARE_DAYS);
  const act = useAct<undefined, { name: string; url: string }>({
    act: async () =>
      (
        await createShareLink({
          path: { id: campaignId },
          body: { name: name.trim(), access, results, days: Number(days) },
          throwOnError: true,
        })
      ).data,
    done: t`Created a share link for ${name}`,
    isInForm: true,
    after,
  });
  return (
    <FormDialog close={close} title={t`Create share link`} verb={t`Create share link`} act={act}>
      <NameField name={name} change={setName} description={t`For whom it is`} isFirst />
      <Select
        label={t`Guests see`}
        allowDeselect={false}
        data={SHARED_RESULTS.map((value) => ({ value, label: t(shareWords.results[value]) }))}
        value={results}
        onChange={(value) => value && setResults(value)}
      />
      <Select
        label={t`It is for`}
        allowDeselect={false}
        data={SHARE_ACCESSES.map((value) => ({ value, label: t(shareWords.access[value]) }))}
        value={access}
        onChange={(value) => value && setAccess(value)}
      />
      <NumberInput label={t`Days`} min={1} max={MAX_SHARE_DAYS} allowDecimal={false} value={days} onChange={setDays} />
    </FormDialog>
  );
}
