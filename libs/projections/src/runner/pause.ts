import { setPaused } from '../build/build.store.js';
import type { Connect } from '../build/session.store.js';

const withPause = async (connect: Connect, view: string, paused: boolean): Promise<void> => {
  const client = await connect();
  try {
    await setPaused(client, view, paused);
  } finally {
    await client.end();
  }
};

/** The view stands still where it is, and is read as of there, until it is resumed. The others go on. */
export const pauseView = (connect: Connect, view: string): Promise<void> => withPause(connect, view, true);

export const resumeView = (connect: Connect, view: string): Promise<void> => withPause(connect, view, false);
