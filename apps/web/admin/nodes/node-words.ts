import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Node } from '#sdk/types.gen';

export const NODE_STATE_WORDS: Record<Node['state'], { glyph: string; word: MessageDescriptor }> = {
  in_service: { glyph: '●', word: msg`in service` },
  cordoned: { glyph: '◐', word: msg`cordoned` },
  draining: { glyph: '○', word: msg`draining` },
  out_of_service: { glyph: '▬', word: msg`out of service` },
};

export const FAILURE_WORDS: Record<Node['failures'][number]['cause'], MessageDescriptor> = {
  silent: msg`the node was silent`,
  no_run: msg`no run came`,
  expired: msg`it ran past its limit`,
  freed: msg`the node freed the lanes early`,
  handed_back: msg`the run handed it back`,
  released: msg`the run failed`,
};
