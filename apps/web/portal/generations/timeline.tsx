import { useLingui } from '@lingui/react/macro';
import type { Generation } from '#sdk/types.gen';
import { formatSpan } from '#web/parts/figures/format';
import { PlainTable } from '#web/parts/table/plain-table';
import { servedFromWord } from '#web/portal/generations/generation-words';

interface Moment {
  at: string;
  what: string;
}

/** All that happened to it, in the order in which it did. */
export function Timeline({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const createdMs = new Date(generation.createdAt).getTime();
  return (
    <PlainTable
      label={t`Timeline`}
      heads={[t`At (UTC)`, t`After`, t`What happened`]}
      rows={useMoments(generation).map(({ at, what }) => [
        at.slice(0, 23).replace('T', ' '),
        formatSpan(new Date(at).getTime() - createdMs),
        what,
      ])}
    />
  );
}

function useMoments({ createdAt, finishedAt, state, attempts, stages }: Generation): Moment[] {
  const { t } = useLingui();
  const endings: Record<string, string> = {
    taken_back: t`lease taken back, queued again`,
    handed_back: t`lease handed back, queued again`,
    recalled: t`recalled by the owner of the unit, queued again`,
  };
  const moments: (Moment | false)[] = [
    { at: createdAt, what: t`queued` },
    ...attempts.flatMap(({ attempt, admittedAt, beganAt, endedAt, endReason, servedFrom }) => [
      { at: admittedAt, what: t`attempt ${attempt}: admitted to ${t(servedFromWord[servedFrom])}` },
      beganAt !== null && { at: beganAt, what: t`attempt ${attempt}: began on its lane` },
      endedAt !== null &&
        endReason !== null &&
        endings[endReason] !== undefined && { at: endedAt, what: `${t`attempt ${attempt}`}: ${endings[endReason]}` },
    ]),
    ...stages.map(
      ({ stage, round, finishedAt: at }) =>
        at !== null && { at, what: round > 0 ? t`stage ${stage}, round ${round + 1}: done` : t`stage ${stage}: done` },
    ),
    finishedAt !== null && { at: finishedAt, what: state },
  ];
  return moments.filter((moment) => moment !== false).sort((one, other) => one.at.localeCompare(other.at));
}
