import type { MessageDescriptor } from '@lingui/core';
import { useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { useScope } from '#web/parts/scope/scope';
import styles from '#web/parts/shell/sections.module.css';

/** One page of a place. */
export interface Section {
  /** Below the scope, such as `/spend/usage`. */
  page: string;
  word: MessageDescriptor;
  /** Shown only to those who may do this. */
  action?: string;
  /** Pages below it are not its own. */
  isRoot?: boolean;
}

/** The pages of one place of the navigation. */
export function Sections({ label, sections }: { label: string; sections: readonly Section[] }) {
  const { t } = useLingui();
  const scope = useScope();
  return (
    <nav aria-label={label}>
      <ul className={styles.sections}>
        {sections
          .filter(({ action }) => !action || scope.may(action))
          .map(({ page, word, isRoot = false }) => (
            <li key={page}>
              <Link to={scope.path(page)} className={styles.section} activeOptions={{ exact: isRoot, includeSearch: false }}>
                {t(word)}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}
