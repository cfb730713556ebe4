import { useLingui } from '@lingui/react/macro';
import type { Proposal, SetSwitch } from '#sdk/types.gen';
import { useTenants } from '#web/admin/panel/tenants';

type Stop = Pick<SetSwitch, 'stops' | 'scope'> & { subject?: string | null };

/** Names of what is stopped and for whom. */
export function useStopWords() {
  const { t } = useLingui();
  const { nameOf } = useTenants();
  const kinds = { submits: t`new generations`, webhooks: t`webhooks and callbacks`, ingestion: t`loading of batches` };
  const subjectOf = ({ scope, subject }: Stop) =>
    scope === 'all' ? t`everybody` : scope === 'tenant' ? nameOf(subject ?? '') : (subject ?? '');
  return {
    kindOf: ({ stops }: Stop) => kinds[stops],
    subjectOf,
    actOf: (act: Proposal['act']) =>
      act.does === 'switch'
        ? t`Stop ${kinds[act.stops]}: ${subjectOf(act)}`
        : t`Take ${act.lanes} lanes of ${act.siteId}, ${act.poolClass}, from ${act.startsOn} until ${act.endsOn ?? t`for good`}`,
  };
}
