import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Button, Textarea, TextInput } from '@mantine/core';
import { matrixRows } from '#core/ingestion/matrix';
import common from '#web/parts/review/review.module.css';
import styles from '#web/portal/campaigns/campaigns.module.css';
import { type Axis, matrixOf } from '#web/portal/campaigns/wish';

const MAX_AXES = 8;

/** Names and values of which every combination is a row. */
export function AxesField({ axes, change }: { axes: readonly Axis[]; change(axes: Axis[]): void }) {
  const { t } = useLingui();
  const matrix = matrixOf(axes);
  const setAxis = (at: number, part: Partial<Axis>) => change(axes.map((axis, one) => (one === at ? { ...axis, ...part } : axis)));
  return (
    <fieldset data-wide style={{ border: 0, margin: 0, padding: 0, display: 'grid', gap: 12 }}>
      <legend className={common.quiet}>
        <Trans>Axes: every combination of their values is a row</Trans>
      </legend>
      {axes.map((axis, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: axes have no other identity while they are typed
        <div key={at} className={styles.axis}>
          <TextInput
            label={t`Axis ${at + 1}`}
            placeholder="city"
            value={axis.name}
            onChange={({ currentTarget }) => setAxis(at, { name: currentTarget.value })}
          />
          <Textarea
            label={t`Values of axis ${at + 1}, one a line`}
            autosize
            minRows={1}
            maxRows={8}
            value={axis.values}
            onChange={({ currentTarget }) => setAxis(at, { values: currentTarget.value })}
          />
          <Button
            variant="default"
            onClick={() => change(axes.filter((_, one) => one !== at))}
            disabled={axes.length === 1}
            aria-label={t`Remove axis ${at + 1}`}
          >
            <Trans>Remove axis</Trans>
          </Button>
        </div>
      ))}
      <div className={common.bar}>
        <Button variant="default" onClick={() => change([...axes, { name: '', values: '' }])} disabled={axes.length >= MAX_AXES}>
          <Trans>Add axis</Trans>
        </Button>
        <span className={common.quiet}>
          <Plural value={Object.keys(matrix).length > 0 ? matrixRows(matrix) : 0} one="# row" other="# rows" />
        </span>
      </div>
    </fieldset>
  );
}
