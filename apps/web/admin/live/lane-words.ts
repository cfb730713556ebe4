import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

/** What a lane does: its sign, its word, and the colour that goes with them. */
export const LANE_WORDS: Record<string, { glyph: string; word: MessageDescriptor; colour: string }> = {
  own: { glyph: '■', word: msg`own`, colour: '--own' },
  lent: { glyph: '◥', word: msg`lent`, colour: '--lent' },
  shared: { glyph: '●', word: msg`shared`, colour: '--shared' },
  flex: { glyph: '◇', word: msg`flex`, colour: '--flex' },
  ending: { glyph: '◉', word: msg`ending`, colour: '--lent' },
  idle: { glyph: '□', word: msg`idle`, colour: '--idle' },
  away: { glyph: '▬', word: msg`away`, colour: '--quiet' },
};
