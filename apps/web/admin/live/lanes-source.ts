import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { getLanes } from '#sdk/sdk.gen';
import { type FeedListener, followLanes, type LanesNow, lanesOf } from '#web/admin/live/lanes-feed';

/** Lanes are repainted at most this often, and not while the page is hidden. */
const REPAINT_EVERY_MS = 400;

type Listener = Pick<FeedListener, 'onPicture' | 'onChange'>;

/** The lanes that a page shows: those of now, or of a moment that is kept. Figures go from here to canvases and text nodes, not through React. */
export class LanesSource {
  current: LanesNow | undefined;
  private readonly listeners = new Set<Listener>();
  private readonly stateListeners = new Set<() => void>();
  private pausedSinceMs: number | undefined;
  private hasPicture = false;
  private isDue = false;
  private lastMs = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param at a moment that has passed; undefined: now */
  start(poolClass: string, at: string | undefined): () => void {
    const ended = new AbortController();
    const showNow = () => this.schedule();
    document.addEventListener('visibilitychange', showNow, { signal: ended.signal });
    const take = (lanes: LanesNow, isPicture: boolean) => {
      this.current = lanes;
      this.hasPicture ||= isPicture;
      this.isDue = true;
      this.schedule();
    };
    const stop =
      at === undefined
        ? followLanes(poolClass, {
            onPicture: (lanes) => take(lanes, true),
            onChange: (lanes) => take(lanes, false),
            onPaused: (sinceMs) => this.setPaused(sinceMs),
          })
        : undefined;
    if (at !== undefined) {
      getLanes({ query: { poolClass, at }, signal: ended.signal, throwOnError: true })
        .then(({ data }) => take(lanesOf(data), true))
        .catch(() => this.setPaused(Date.parse(at)));
    }
    return () => {
      stop?.();
      ended.abort();
      clearTimeout(this.timer);
      this.timer = undefined;
    };
  }

  /** Told of the picture at once if there is one. */
  follow(listener: Listener): () => void {
    this.listeners.add(listener);
    if (this.current) listener.onPicture(this.current);
    return () => this.listeners.delete(listener);
  }

  readonly onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  readonly paused = (): number | undefined => this.pausedSinceMs;
  readonly isShown = (): boolean => this.current !== undefined;

  private schedule(): void {
    if (this.timer !== undefined || !this.isDue || document.hidden) return;
    this.timer = setTimeout(
      () => requestAnimationFrame(() => this.tell()),
      Math.max(0, this.lastMs + REPAINT_EVERY_MS - performance.now()),
    );
  }

  private tell(): void {
    this.timer = undefined;
    const lanes = this.current;
    if (!lanes || document.hidden) return;
    this.lastMs = performance.now();
    const isPicture = this.hasPicture;
    this.hasPicture = false;
    this.isDue = false;
    for (const { onPicture, onChange } of this.listeners) (isPicture ? onPicture : onChange)(lanes);
    if (isPicture) this.changed();
  }

  private setPaused(sinceMs: number | undefined): void {
    if ((this.pausedSinceMs === undefined) === (sinceMs === undefined)) return;
    this.pausedSinceMs = sinceMs;
    this.changed();
  }

  private changed(): void {
    for (const listener of this.stateListeners) listener();
  }
}

export function useLanesSource(
  poolClass: string,
  at: string | undefined,
): { source: LanesSource; isShown: boolean; pausedSinceMs: number | undefined } {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another pool class or moment is another source
  const source = useMemo(() => new LanesSource(), [poolClass, at]);
  useEffect(() => source.start(poolClass, at), [source, poolClass, at]);
  const pausedSinceMs = useSyncExternalStore(source.onState, source.paused);
  const isShown = useSyncExternalStore(source.onState, source.isShown);
  return { source, isShown, pausedSinceMs };
}
