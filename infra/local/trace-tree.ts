import type { Span } from '#infra/local/otlp-receiver';

/**
 * One trace as indented text, a line per span: when it began after the first span, how long it took, where. A span whose parent is
 * not among them stands at the margin.
 */
export function traceTree(spans: Span[]): string {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const inOrder = spans.toSorted((a, b) => a.startMs - b.startMs);
  const firstMs = inOrder[0]?.startMs ?? 0;
  const childrenOf = Map.groupBy(inOrder, ({ spanId, parentSpanId }) =>
    parentSpanId && parentSpanId !== spanId && known.has(parentSpanId) ? parentSpanId : '',
  );
  return linesBelow('', 0, childrenOf, firstMs).join('\n');
}

function linesBelow(parentSpanId: string, depth: number, childrenOf: Map<string, Span[]>, firstMs: number): string[] {
  return (childrenOf.get(parentSpanId) ?? []).flatMap((span) => [
    line(span, depth, firstMs),
    ...linesBelow(span.spanId, depth + 1, childrenOf, firstMs),
  ]);
}

function line({ startMs, endMs, name, service, isError }: Span, depth: number, firstMs: number): string {
  const times = `${`+${duration(startMs - firstMs)}`.padStart(10)} ${duration(endMs - startMs).padStart(9)}`;
  return `${times}  ${'  '.repeat(depth)}${name} (${service})${isError ? ' ERROR' : ''}`;
}

function duration(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
