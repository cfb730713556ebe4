import { Trans, useLingui } from '@lingui/react/macro';
import type { Generation } from '#sdk/types.gen';
import { StateChip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import { Facts } from '#web/parts/panel/panel';
import { TraceId } from '#web/parts/states/error-panel';
import { labelsOf, servedFromWord, tierWord } from '#web/portal/generations/generation-words';

/** What it is, from whom it was served, and what it costs. */
export function GenerationFacts({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const {
    assetsExpireAt,
    deletion,
    output,
    cost,
    createdAt,
    finishedAt,
    id,
    labels,
    model,
    servedFrom,
    serviceTier,
    seed,
    state,
    stages,
    traceId,
  } = generation;
  const done = stages.filter((stage) => stage.state === 'done').length;
  const size = `${output.widthPx} × ${output.heightPx} ${output.format}`;
  return (
    <section aria-label={t`Details`}>
      <Facts
        items={[
          [
            t`State`,
            <span key="state" aria-live="polite">
              <StateChip state={state} note={state === 'running' ? `${Math.round((100 * done) / stages.length)} %` : undefined} />
            </span>,
          ],
          [t`Model`, model],
          [t`Output`, output.durationS === undefined ? size : `${size}, ${output.durationS} s, ${output.framesPerSecond} fps`],
          [
            t`Tier`,
            servedFrom ? `${t(tierWord[serviceTier])}, ${t`served from ${t(servedFromWord[servedFrom])}`}` : t(tierWord[serviceTier]),
          ],
          [
            t`Price`,
            <Trans key="price">
              <Credits value={cost.priceCredits} /> credits
            </Trans>,
          ],
          [
            t`Seed`,
            <span key="seed" className="figures">
              {seed}
            </span>,
          ],
          [t`Created`, <Time key="created" at={createdAt} />],
          ...(finishedAt ? [[t`Ended`, <Time key="ended" at={finishedAt} />] as const] : []),
          ...(deletion ? [[t`Media deleted`, <Time key="deleted" at={deletion.deletedAt} />] as const] : []),
          ...(assetsExpireAt && !deletion ? [[t`Media deleted on`, <Time key="expires" at={assetsExpireAt} />] as const] : []),
          ...(Object.keys(labels).length > 0 ? [[t`Labels`, labelsOf(labels)] as const] : []),
          ['Id', <code key="id">{id}</code>],
        ]}
      />
      {traceId && <TraceId id={traceId} />}
    </section>
  );
}
