import { msg } from '@lingui/core/macro';
import type { Place } from '#web/parts/shell/navigation';

/** The operators' first level, in the order of the navigation. */
export const PLACES: readonly Place[] = [{ page: '/', word: msg`Live`, letter: 'l' }];
