import { expect, it } from 'vitest';
import { type ServerSentEvent, sseParser } from '#web/parts/live/sse';

it('puts events together from whatever pieces they come in', () => {
  const text =
    'retry: 1000\n\nid: 1\nevent: newest\ndata: {"id":"a"}\n\n: alive\n\nid: 2\nevent: generation\ndata: {"state":"running"}\n\n';
  for (const size of [1, 7, text.length]) {
    const told: ServerSentEvent[] = [];
    const parse = sseParser((event) => told.push(event));
    for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
    expect(told).toEqual([
      { id: '1', event: 'newest', data: '{"id":"a"}' },
      { id: '2', event: 'generation', data: '{"state":"running"}' },
    ]);
  }
});
