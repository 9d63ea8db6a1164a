import { setTimeout as sleep } from 'node:timers/promises';
import { commandsOf, Desk, type Ran } from './page.js';

const PAGE = 'infra/PROCESSES.md';
const HANDED_OVER_MS = 10_000;

const holderIn = (status: Ran): string =>
  /reactor\s+running.*?\s(reactor-\S+)/.exec(status.output)?.[1] ?? '';

const handedOver = async (desk: Desk, line: string, before: string): Promise<number> => {
  const began = performance.now();
  for (;;) {
    const took = performance.now() - began;
    const holder = holderIn(await desk.command(line));
    if (holder !== '' && holder !== before) return took;
    if (took > 3 * HANDED_OVER_MS) throw new Error(`the reactor was not handed over: still ${before}`);
    await sleep(200);
  }
};

/** Runs the page command by command. Gives what each short command gave, and what was left behind at the end. */
export const readThePage = async (
  withKafka: boolean,
): Promise<Readonly<{ ran: readonly Ran[]; left: readonly string[]; handedOverMs: number }>> => {
  const desk = new Desk();
  const ran: Ran[] = [];
  let handedOverMs = Infinity;
  try {
    for (const block of commandsOf(PAGE)) {
      if (block.marks.includes('kafka') && !withKafka) continue;
      if (block.marks.includes('handed-over')) {
        const first = holderIn(await desk.command(block.lines[0] ?? ''));
        await desk.terminals.find(({ line }) => line.includes('reactor'))?.interrupt();
        handedOverMs = await handedOver(desk, block.lines[0] ?? '', first);
      }
      ran.push(...(await desk.run(block)));
    }
    return { ran, left: await desk.leave(), handedOverMs };
  } catch (error) {
    await desk.leave().catch(() => undefined);
    throw error;
  }
};
