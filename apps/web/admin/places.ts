import { msg } from '@lingui/core/macro';
import type { Place } from '#web/parts/shell/navigation';

/** The operators' first level, in the order of the navigation. */
export const PLACES: readonly Place[] = [
  { page: '/', word: msg`Live`, letter: 'l' },
  { page: '/queue', word: msg`Queue`, letter: 'q' },
  { page: '/nodes', word: msg`Nodes`, letter: 'n' },
  { page: '/guarantee', word: msg`Guarantee`, letter: 'r' },
  { page: '/order-book', word: msg`Order book`, letter: 'o' },
  { page: '/what-if', word: msg`What-if`, letter: 'w' },
  { page: '/tenants', word: msg`Tenants`, letter: 't' },
  { page: '/controls', word: msg`Controls`, letter: 'c' },
];
