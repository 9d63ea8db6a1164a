import type { adminV1 } from '@lacuna/contracts';
import { answerOf, callOptions, endOf } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { withServer, type CommandContext } from './command-context.js';

const sayStop = ({ now, stop, fired }: adminV1.AdvanceClockResponse): string =>
  `${now}  ${stop}${fired > 0 ? `: ${fired} done` : ''}`;

/** `clock advance <duration>`: walks a simulated clock, deadline by deadline. */
export const clockAdvanceCommand = (
  context: CommandContext,
  { by }: Readonly<{ by: string }>,
): Promise<CommandResult> =>
  withServer(context, { role: 'operator' }, async (server) => {
    const stops: adminV1.AdvanceClockResponse[] = [];
    try {
      for await (const message of server.admin.advanceClock({ by }, server.metadata)) {
        const stop = message as adminV1.AdvanceClockResponse;
        stops.push(stop);
        if (!context.output.json && !stop.done) context.output.progress(sayStop(stop));
      }
    } catch (error) {
      throw endOf(error);
    }
    const now = stops.at(-1)?.now ?? '';
    const fired = stops.reduce((sum, stop) => sum + stop.fired, 0);
    return {
      document: { now, fired, stops },
      lines: [`the clock stands at ${now}; ${fired} due on the way, done`],
      exitCode: 0,
    };
  });

/** `clock confirm-jump`: a real clock has jumped and the nightly run waits; the operator says that the time is right. */
export const clockConfirmJumpCommand = (context: CommandContext): Promise<CommandResult> =>
  withServer(context, { role: 'operator' }, async (server) => {
    await answerOf<adminV1.ConfirmClockJumpResponse>((callback) =>
      server.admin.confirmClockJump({}, server.metadata, callOptions(), callback),
    );
    return { document: { confirmed: true }, lines: ['confirmed: the nightly run goes on'], exitCode: 0 };
  });
