import { useLingui } from '@lingui/react/macro';
import { Skeleton, VisuallyHidden } from '@mantine/core';
import { useEffect, useState } from 'react';

const SHOWN_AFTER_MS = 150;
const WIDTHS = ['100%', '92%', '70%', '96%', '84%', '60%', '88%', '76%'];

/** Lines in the place of what comes, once it has taken longer than a glance. */
export function Loading({ lines = 6, heightPx = 20 }: { lines?: number; heightPx?: number }) {
  const { t } = useLingui();
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true">
      <VisuallyHidden role="status">{t`Loading`}</VisuallyHidden>
      {isShown && WIDTHS.slice(0, lines).map((width) => <Skeleton key={width} height={heightPx} mb={8} width={width} />)}
    </div>
  );
}
