import { msg } from '@lingui/core/macro';
import type { Place } from '#web/parts/shell/navigation';

/** The portal's first level, in the order of the navigation. */
export const PLACES: readonly Place[] = [
  { page: '/', word: msg`Home`, letter: 'h' },
  { page: '/generations', word: msg`Generations`, letter: 'e', action: 'generations:read' },
  { page: '/campaigns', word: msg`Campaigns`, letter: 'c', action: 'generations:read' },
  { page: '/capacity', word: msg`Capacity`, letter: 'u', action: 'capacity:read' },
  { page: '/spend', word: msg`Spend`, letter: 's', action: 'ledger:read' },
  { page: '/developers', word: msg`Developers`, letter: 'd', action: 'keys:read' },
  { page: '/organization', word: msg`Organization`, letter: 'o', action: 'projects:read' },
];
