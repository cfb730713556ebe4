import { expect, it } from 'vitest';
import type { Span } from '#infra/local/otlp-receiver';
import { traceTree } from '#infra/local/trace-tree';

function aSpan(spanId: string, parentSpanId: string | undefined, startMs: number, endMs: number, isError = false): Span {
  return { traceId: 't', spanId, parentSpanId, name: `span ${spanId}`, service: 'api', startMs, endMs, attributes: {}, isError };
}

it('puts children below their parent in the order of their beginning', () => {
  const tree = traceTree([
    aSpan('c', 'a', 1_030, 1_040),
    aSpan('b', 'a', 1_010, 3_510),
    aSpan('d', 'b', 1_020, 1_021.5, true),
    aSpan('a', undefined, 1_000, 4_000),
  ]);
  expect(tree.split('\n')).toEqual([
    '   +0.0 ms    3.00 s  span a (api)',
    '  +10.0 ms    2.50 s    span b (api)',
    '  +20.0 ms    1.5 ms      span d (api) ERROR',
    '  +30.0 ms   10.0 ms    span c (api)',
  ]);
});

it('shows a span whose parent never arrived', () => {
  expect(traceTree([aSpan('b', 'lost', 5, 6)])).toBe('   +0.0 ms    1.0 ms  span b (api)');
});
