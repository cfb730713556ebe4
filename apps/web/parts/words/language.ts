import { i18n, type Messages } from '@lingui/core';
import { useLingui } from '@lingui/react';

export const LANGUAGES = { en: 'English', de: 'Deutsch', ja: '日本語' } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT_AS = 'halogen-language';

const catalogues: Record<Language, () => Promise<{ messages: Messages }>> = {
  en: () => import('#web/words/en.po'),
  de: () => import('#web/words/de.po'),
  ja: () => import('#web/words/ja.po'),
};

function isLanguage(text: string | null | undefined): text is Language {
  return text != null && Object.hasOwn(LANGUAGES, text);
}

/** What was chosen here, else the first of the browser's languages that there is. */
export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEPT_AS);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

export async function speak(language: Language): Promise<void> {
  const { messages } = await catalogues[language]();
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
}

export async function choose(language: Language): Promise<void> {
  localStorage.setItem(KEPT_AS, language);
  await speak(language);
}

export function useLanguage(): Language {
  const { i18n: current } = useLingui();
  return isLanguage(current.locale) ? current.locale : 'en';
}
