import { useEffect, useRef, useSyncExternalStore } from 'react';
import { actingTenant, sessionHeaders } from '#web/parts/api/session';
import { type ServerSentEvent, sseParser } from '#web/parts/live/sse';

/** The server says something at least every 8 s; a stream that is silent for longer is dead. */
const SILENCE_MS = 12_000;
const RECONNECT_MS = 1_000;
/** Short gaps are nobody's business. */
const TOLD_AFTER_MS = 3_000;
/** Topics of a page come one by one while it is built: they are asked for together. */
const GATHER_MS = 50;
const MAX_TOPICS = 200;

export interface LiveState {
  /** Since when the stream has been away; undefined while it is live. */
  pausedSince: Date | undefined;
}

type Message =
  | { kind: 'topics'; tab: string; topics: string[] }
  | { kind: 'who' }
  | { kind: 'event'; event: ServerSentEvent }
  | { kind: 'state'; pausedSince: number | undefined };

let state: LiveState = { pausedSince: undefined };
const stateListeners = new Set<() => void>();
let streams: LiveStreams | undefined;

/**
 * Follows topics while the component lives. However many tabs and components follow, a browser has one stream a tenant: the tab that
 * holds a lock reads it and passes on what it tells. Events carry the whole new state, so that missing one costs nothing once the next comes.
 */
export function useLive(topics: readonly string[], tell: (event: ServerSentEvent) => void): void {
  const latest = useRef(tell);
  latest.current = tell;
  const key = topics.slice(0, MAX_TOPICS).join(',');
  useEffect(() => {
    const tenantId = actingTenant();
    if (!tenantId || key === '') return;
    if (streams?.tenantId !== tenantId) {
      streams?.close();
      streams = new LiveStreams(tenantId);
    }
    return streams.follow(key.split(','), (event) => latest.current(event));
  }, [key]);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    () => state,
  );
}

function setLiveState(pausedSinceMs: number | undefined): void {
  if (state.pausedSince?.getTime() === pausedSinceMs) return;
  state = { pausedSince: pausedSinceMs === undefined ? undefined : new Date(pausedSinceMs) };
  for (const listener of stateListeners) listener();
}

/** This tab's part in the stream of one tenant. */
class LiveStreams {
  private readonly tab = crypto.randomUUID();
  private readonly followers = new Set<{ topics: readonly string[]; tell(event: ServerSentEvent): void }>();
  private readonly channel: BroadcastChannel;
  private readonly closed = new AbortController();
  private readonly topicsByTab = new Map<string, readonly string[]>();
  private leads = false;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private reading: AbortController | undefined;
  private lastId = '';

  constructor(readonly tenantId: string) {
    this.channel = new BroadcastChannel(`halogen-live-${tenantId}`);
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.hear(data);
    addEventListener('pagehide', () => this.announce([]), { signal: this.closed.signal });
    navigator.locks.request(`halogen-live-${tenantId}`, { signal: this.closed.signal }, () => this.lead()).catch(() => {}); // given up
  }

  follow(topics: readonly string[], tell: (event: ServerSentEvent) => void): () => void {
    const follower = { topics, tell };
    this.followers.add(follower);
    this.gather();
    return () => {
      this.followers.delete(follower);
      this.gather();
    };
  }

  close(): void {
    this.announce([]);
    this.closed.abort();
    this.reading?.abort();
    this.channel.close();
  }

  private hear(message: Message): void {
    if (message.kind === 'event') this.tell(message.event);
    else if (message.kind === 'state') setLiveState(message.pausedSince);
    else if (message.kind === 'who') this.announce(this.ownTopics());
    else if (this.leads) {
      this.topicsByTab.set(message.tab, message.topics);
      this.restart();
    }
  }

  private gather(): void {
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => this.announce(this.ownTopics()), GATHER_MS);
  }

  private ownTopics(): string[] {
    return [...new Set([...this.followers].flatMap(({ topics }) => topics))];
  }

  private announce(topics: string[]): void {
    if (this.closed.signal.aborted) return;
    this.topicsByTab.set(this.tab, topics);
    this.channel.postMessage({ kind: 'topics', tab: this.tab, topics } satisfies Message);
    if (this.leads) this.restart();
  }

  private tell(event: ServerSentEvent): void {
    for (const { tell } of this.followers) tell(event);
  }

  /** Holds the lock until this tab goes away. */
  private lead(): Promise<void> {
    this.leads = true;
    this.channel.postMessage({ kind: 'who' } satisfies Message);
    this.announce(this.ownTopics());
    return new Promise((resolve) => this.closed.signal.addEventListener('abort', () => resolve()));
  }

  private restart(): void {
    const topics = [...new Set([...this.topicsByTab.values()].flat())].slice(0, MAX_TOPICS).sort();
    this.reading?.abort();
    if (topics.length === 0) return;
    this.reading = new AbortController();
    void this.read(topics, this.reading.signal);
  }

  /** Reads until it is told to end, and comes back after every cut. */
  private async read(topics: readonly string[], ended: AbortSignal): Promise<void> {
    let awaySinceMs: number | undefined;
    while (!ended.aborted) {
      const told = setTimeout(() => this.setPaused(awaySinceMs ?? Date.now()), TOLD_AFTER_MS);
      await this.readOnce(topics, ended, () => {
        clearTimeout(told);
        awaySinceMs = undefined;
        this.setPaused(undefined);
      }).catch(() => {});
      clearTimeout(told);
      if (ended.aborted) return;
      awaySinceMs ??= Date.now();
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      if (Date.now() - awaySinceMs > TOLD_AFTER_MS) this.setPaused(awaySinceMs);
    }
  }

  private async readOnce(topics: readonly string[], ended: AbortSignal, alive: () => void): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const response = await fetch(`/api/v1/events?topics=${topics.join(',')}`, {
        headers: { ...sessionHeaders('GET'), accept: 'text/event-stream', ...(this.lastId && { 'last-event-id': this.lastId }) },
        credentials: 'same-origin',
        signal: AbortSignal.any([ended, silence.signal]),
      });
      if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
      alive();
      const parse = sseParser((event) => {
        this.lastId = event.id;
        this.tell(event);
        this.channel.postMessage({ kind: 'event', event } satisfies Message);
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        parse(value);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private setPaused(sinceMs: number | undefined): void {
    setLiveState(sinceMs);
    this.channel.postMessage({ kind: 'state', pausedSince: sinceMs } satisfies Message);
  }
}
