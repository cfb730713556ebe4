import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { formatCents, formatCredits, formatInstant, formatTime } from '#web/parts/figures/format';
import { useLanguage } from '#web/parts/words/language';

const RENEW_EVERY_MS = 15_000;

/** An amount of credits with at most two places; the exact one on focus and hover. */
export function Credits({ value }: { value: string }) {
  const text = formatCredits(value, useLanguage());
  return (
    <Tooltip label={value}>
      <span className="figures">{text}</span>
    </Tooltip>
  );
}

/** How many, with the separators of the language. */
export function Count({ value, maxPlaces = 0 }: { value: number; maxPlaces?: number }) {
  return <span className="figures">{value.toLocaleString(useLanguage(), { maximumFractionDigits: maxPlaces })}</span>;
}

/** US cents as dollars. */
export function Money({ cents }: { cents: string }) {
  return <span className="figures">{formatCents(cents, useLanguage())}</span>;
}

interface TimeProps {
  at: string;
  /** Never relative: it stands behind a word such as "since" or "until". */
  isInstant?: boolean;
}

/** When something was; the exact instant on focus and hover. */
export function Time({ at, isInstant = false }: TimeProps) {
  const language = useLanguage();
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), RENEW_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Tooltip label={at}>
      <time dateTime={at}>{(isInstant ? formatInstant : formatTime)(new Date(at), now, language)}</time>
    </Tooltip>
  );
}
