import type { SignedIn } from '#bench/web/signed-in-page';

/** What an operator's Live page asks for beside its stream, and how often. */
const POLLS = [
  { route: '/api/v1/capacity', everyMs: 10_000 },
  { route: '/api/v1/operations/queue', everyMs: 10_000 },
  { route: '/api/v1/operations/stuck?minutes=10', everyMs: 10_000 },
] as const;

/** As many dashboards as wanted, as the API sees them: a stream of lanes each, and the polls of its panels. @returns closes them */
export async function openDashboards(origin: string, { cookie }: SignedIn, poolClass: string, count: number): Promise<() => void> {
  const closed = new AbortController();
  const ask = (route: string) => fetch(`${origin}${route}`, { headers: { cookie }, signal: closed.signal });
  const inPool = (route: string) => `${route}${route.includes('?') ? '&' : '?'}poolClass=${poolClass}`;
  const timers: NodeJS.Timeout[] = [];
  for (let dashboard = 0; dashboard < count; dashboard += 1) {
    const stream = await ask(inPool('/api/v1/capacity/lanes/events'));
    if (!stream.ok || !stream.body) throw new Error(`the stream of a dashboard answered ${stream.status}`);
    drain(stream.body);
    for (const { route, everyMs } of POLLS) {
      const poll = () =>
        void ask(route.startsWith('/api/v1/capacity') ? route : inPool(route))
          .then((answer) => answer.arrayBuffer())
          .catch(() => {});
      timers.push(setInterval(poll, everyMs));
      timers.push(setTimeout(poll, (everyMs * dashboard) / count));
    }
  }
  return () => {
    for (const timer of timers) clearInterval(timer);
    closed.abort();
  };
}

function drain(body: ReadableStream<Uint8Array>): void {
  const reader = body.getReader();
  const read = (): Promise<void> => reader.read().then(({ done }) => (done ? undefined : read()));
  read().catch(() => {}); // the stream is ended with the dashboard
}
