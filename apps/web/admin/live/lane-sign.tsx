import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { drawState } from '#web/admin/live/lane-painter';
import styles from '#web/admin/live/live.module.css';

const SIDE_PX = 12;

/** The form and colour of a state, as on the map. */
export function LaneSign({ state }: { state: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme('light');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d');
    if (!element || !pen) return;
    const ratio = Math.max(1, Math.round(devicePixelRatio));
    element.width = SIDE_PX * ratio;
    element.height = SIDE_PX * ratio;
    pen.scale(ratio, ratio);
    const look = getComputedStyle(document.documentElement);
    drawState(pen, state, SIDE_PX, (name) => look.getPropertyValue(name).trim());
  }, [state, scheme]);
  return <canvas ref={canvas} className={styles.sign} aria-hidden />;
}
