import { Socket } from 'node:net';

/**
 * Resolves at Ctrl-C, SIGTERM or SIGHUP, and when the process that started us was killed. Later signals change nothing: npm, the
 * terminal and a parent may each send the same one.
 */
export function whenAskedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    const pipe = process.env.HALOGEN_PARENT_PIPE;
    if (!pipe) return;
    delete process.env.HALOGEN_PARENT_PIPE; // ours alone, not our children's
    const parent = new Socket({ fd: Number(pipe), readable: true, writable: false });
    parent.on('close', () => resolve('parent ended')).on('error', () => {});
    parent.resume().unref();
  });
}
