import { useLingui } from '@lingui/react/macro';
import type { Count } from '#sdk/types.gen';
import { useLanguage } from '#web/parts/words/language';

/** `{ value: 20000, exact: false }` → "at least 20,000". */
export function useCountWord(): (count: Count) => string {
  const { t } = useLingui();
  const language = useLanguage();
  return ({ value, exact }) => {
    const digits = new Intl.NumberFormat(language).format(value);
    return exact ? digits : t`at least ${digits}`;
  };
}
