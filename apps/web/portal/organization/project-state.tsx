import { useLingui } from '@lingui/react/macro';
import type { Project } from '#sdk/types.gen';
import { Chip } from '#web/parts/chip/state-chip';

export function ProjectState({ project: { archivedAt, legalHold } }: { project: Project }) {
  const { t } = useLingui();
  if (archivedAt) return <Chip glyph="⊘">{t`archived`}</Chip>;
  return legalHold ? <Chip glyph="▬">{t`legal hold`}</Chip> : <Chip glyph="✓">{t`active`}</Chip>;
}
