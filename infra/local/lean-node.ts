/**
 * For processes whose live objects are few and whose garbage is much: V8 would rather let the heap grow than collect it while the machine
 * has memory. Of the API and the background worker about 90 MB are live, also with a million rows on their way.
 */
export const LEAN_NODE = ['--max-old-space-size=192', '--max-semi-space-size=8'];
