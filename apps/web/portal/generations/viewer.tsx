import { useLingui } from '@lingui/react/macro';
import { Button, Checkbox, Select } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Generation } from '#sdk/types.gen';
import { useFilmKeys } from '#web/portal/generations/film-keys';
import { promptOf } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';

const ZOOMS = ['fit', '100', '200', '400'] as const;
type Zoom = (typeof ZOOMS)[number];

/** The picture or the film: frame by frame, in a loop, and as near as one wants. Frames have numbers, never times. */
export function Viewer({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const [zoom, setZoom] = useState<Zoom>('fit');
  const { assets, output } = generation;
  if (!assets) return null;
  const style = zoom === 'fit' ? { width: '100%', height: 'auto' } : { width: (output.widthPx * Number(zoom)) / 100 };
  const alt = promptOf(generation);
  return (
    <section aria-label={t`Viewer`}>
      <section className={styles.stage} tabIndex={0} aria-label={t`Picture`}>
        {assets.video ? (
          <Film
            src={assets.video}
            poster={assets.image}
            alt={alt}
            style={style}
            output={output}
            zoom={<ZoomSelect zoom={zoom} setZoom={setZoom} />}
          />
        ) : (
          <img src={assets.image} alt={alt} style={style} />
        )}
      </section>
      {!assets.video && (
        <div className={styles.controls}>
          <ZoomSelect zoom={zoom} setZoom={setZoom} />
        </div>
      )}
    </section>
  );
}

function ZoomSelect({ zoom, setZoom }: { zoom: Zoom; setZoom(zoom: Zoom): void }) {
  const { t } = useLingui();
  return (
    <Select
      aria-label={t`Zoom`}
      w={110}
      allowDeselect={false}
      value={zoom}
      onChange={(value) => setZoom((value as Zoom) ?? 'fit')}
      data={ZOOMS.map((value) => ({ value, label: value === 'fit' ? t`Fit` : `${value} %` }))}
    />
  );
}

function Film({
  src,
  poster,
  alt,
  style,
  output,
  zoom,
}: {
  src: string;
  poster: string;
  alt: string;
  style: React.CSSProperties;
  output: Generation['output'];
  zoom: React.ReactNode;
}) {
  const { t } = useLingui();
  const film = useRef<HTMLVideoElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [isLooped, setLooped] = useState(true);
  const [frame, setFrame] = useState(0);
  const framesPerSecond = output.framesPerSecond ?? 24;
  const frames = Math.round((output.durationS ?? 0) * framesPerSecond);

  useEffect(() => {
    const video = film.current;
    if (!video) return;
    let handle = video.requestVideoFrameCallback(function seen(_now, { mediaTime }) {
      setFrame(Math.round(mediaTime * framesPerSecond));
      handle = video.requestVideoFrameCallback(seen);
    });
    return () => video.cancelVideoFrameCallback(handle);
  }, [framesPerSecond]);

  const step = (by: number) => {
    const video = film.current;
    if (!video) return;
    video.pause();
    const next = Math.min(Math.max(frame + by, 0), frames - 1);
    video.currentTime = (next + 0.5) / framesPerSecond; // the middle of a frame: its edges round either way
    setFrame(next);
  };
  const play = () => void (film.current?.paused ? film.current.play() : film.current?.pause());
  useFilmKeys({ step, play });
  return (
    <div>
      <video
        ref={film}
        src={src}
        poster={poster}
        aria-label={alt}
        style={style}
        loop={isLooped}
        muted
        playsInline
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
      />
      <div className={styles.controls} style={{ padding: 8 }}>
        <Button variant="default" onClick={() => step(-1)} aria-label={t`One frame back`}>
          ‹
        </Button>
        <Button variant="default" onClick={play}>
          {isPlaying ? t`Pause` : t`Play`}
        </Button>
        <Button variant="default" onClick={() => step(1)} aria-label={t`One frame on`}>
          ›
        </Button>
        <Checkbox label={t`Loop`} checked={isLooped} onChange={({ currentTarget }) => setLooped(currentTarget.checked)} />
        {zoom}
        <output aria-label={t`Frame`}>{t`Frame ${frame + 1} of ${frames}`}</output>
      </div>
    </div>
  );
}
