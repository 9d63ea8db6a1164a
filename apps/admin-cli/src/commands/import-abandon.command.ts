import type { behaviourV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { withServer, type CommandContext } from './command-context.js';

/** `import abandon <id>`: ends an import of behaviour that will not be finished. */
export const importAbandonCommand = (
  context: CommandContext,
  { importId }: Readonly<{ importId: string }>,
): Promise<CommandResult> =>
  withServer(context, { role: 'integrator' }, async (server) => {
    await answerOf<behaviourV1.EndImportResponse>((callback) =>
      server.behaviour.endImport({ importId, complete: false }, server.metadata, callOptions(), callback),
    );
    return {
      document: { importId, abandoned: true },
      lines: ['abandoned: what came in stays, and counts again where the file is imported again'],
      exitCode: 0,
    };
  });
