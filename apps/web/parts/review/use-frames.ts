import { type RefObject, useEffect, useState } from 'react';

/** Which frame of a film is shown, from 0, and how to show another. */
export function useFrames(film: RefObject<HTMLVideoElement | null>, frames: number | null, framesPerSecond: number | null) {
  const [frame, setFrame] = useState(0);
  const rate = framesPerSecond ?? 1;
  useEffect(() => {
    const video = film.current;
    if (!video || frames === null) return;
    let handle = video.requestVideoFrameCallback(function seen(_now, { mediaTime }) {
      setFrame(Math.round(mediaTime * rate));
      handle = video.requestVideoFrameCallback(seen);
    });
    return () => video.cancelVideoFrameCallback(handle);
  }, [film, frames, rate]);
  const show = (wanted: number) => {
    const video = film.current;
    if (!video || frames === null) return;
    video.pause();
    const next = Math.min(Math.max(wanted, 0), frames - 1);
    video.currentTime = (next + 0.5) / rate; // the middle of a frame: its edges round either way
    setFrame(next);
  };
  const play = () => void (film.current?.paused ? film.current.play() : film.current?.pause());
  return { frame, show, play };
}
