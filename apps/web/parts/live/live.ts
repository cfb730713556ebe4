import { useSyncExternalStore } from 'react';

export interface LiveState {
  /** Since when the stream has been silent; undefined while it is live. */
  pausedSince: Date | undefined;
}

let state: LiveState = { pausedSince: undefined };
const listeners = new Set<() => void>();

export function setLiveState(next: LiveState): void {
  if (next.pausedSince?.getTime() === state.pausedSince?.getTime()) return;
  state = next;
  for (const listener of listeners) listener();
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
