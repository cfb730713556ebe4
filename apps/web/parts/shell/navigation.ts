import type { MessageDescriptor } from '@lingui/core';

/** One place of the first level. At most eight of them. */
export interface Place {
  /** Below the scope, such as `/generations`. */
  page: string;
  word: MessageDescriptor;
  /** `g` and this letter go there. */
  letter: string;
  /** Shown only to those who may do this. */
  action?: string;
}
