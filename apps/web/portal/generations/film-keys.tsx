import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { useKeys } from '#web/parts/shell/shortcuts';

/** What keys do with a film. */
interface FilmCommands {
  step(frames: number): void;
  play(): void;
}

const Group = createContext<Set<FilmCommands> | undefined>(undefined);

function keysOf(films: () => Iterable<FilmCommands>) {
  const each = (run: (film: FilmCommands) => void) => () => {
    for (const film of films()) run(film);
  };
  return { ',': each(({ step }) => step(-1)), '.': each(({ step }) => step(1)), ' ': each(({ play }) => play()) };
}

/** Keys move all films in it together. */
export function FilmGroup({ children }: { children: ReactNode }) {
  const [films] = useState(() => new Set<FilmCommands>());
  useKeys(keysOf(() => films));
  return <Group value={films}>{children}</Group>;
}

/** Comma and full stop step a film, space plays it: alone, or with the others of its group. */
export function useFilmKeys(commands: FilmCommands): void {
  const group = useContext(Group);
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => {
    if (!group) return;
    const film: FilmCommands = { step: (frames) => latest.current.step(frames), play: () => latest.current.play() };
    group.add(film);
    return () => void group.delete(film);
  }, [group]);
  useKeys(group ? {} : keysOf(() => [commands]));
}
