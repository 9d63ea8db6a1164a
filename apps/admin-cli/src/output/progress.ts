import { Presets, SingleBar } from 'cli-progress';
import type { Output } from './output.js';

export type Progress = Readonly<{ at: (done: number) => void; stop: () => void }>;

/** A bar for whoever watches; nothing for a program. */
export const progressOn = ({ interactive, json }: Output, total: number): Progress => {
  if (!interactive || json) return { at: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      format: '{bar} {percentage} %  {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 2_000,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { at: (done) => bar.update(done), stop: () => bar.stop() };
};
