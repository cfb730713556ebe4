/** Contract 2.6: the reason that published clients know. */
export const BLACKLISTED_WORDS_REASON = 'Contains blacklisted words';

/** Refused as whole words, in any case. A first line of defence: a tenant's own rules and a moderation model come beside it. */
const BLACKLISTED_WORDS = [
  'beheading',
  'bestiality',
  'bomb-making',
  'child porn',
  'child pornography',
  'deepfake porn',
  'gore porn',
  'incest',
  'lolicon',
  'necrophilia',
  'rape',
  'revenge porn',
  'shotacon',
  'snuff film',
] as const;

/** Letters and digits of any script make a word, so `grape` and `rapeseed` pass. */
const BLACKLISTED = new RegExp(`(?<![\\p{L}\\p{N}])(?:${BLACKLISTED_WORDS.map(asPattern).join('|')})(?![\\p{L}\\p{N}])`, 'iu');

/** Decides whether a prompt may be worked on. */
export function moderate(prompt: string): { allowed: true } | { allowed: false; reason: string } {
  // Compatibility forms first: full-width letters read as the same word.
  return BLACKLISTED.test(prompt.normalize('NFKC')) ? { allowed: false, reason: BLACKLISTED_WORDS_REASON } : { allowed: true };
}

function asPattern(words: string): string {
  return words.replace(/[ -]/g, '[\\s_-]+');
}
