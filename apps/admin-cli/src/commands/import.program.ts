import { Command } from 'commander';
import { importAbandonCommand } from './import-abandon.command.js';
import { importBehaviourCommand, type ImportBehaviourOptions } from './import-behaviour.command.js';
import { importMembersCommand, type ImportMembersOptions } from './import-members.command.js';
import { listOf, type Runner } from './runner.js';

/** What every import of a file says about it. */
const ofFile = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<file>')
    .option(
      '--rejects <file>',
      'where line, field and rule of what is refused go (default: <file>.rejects.csv)',
    )
    .option('--channel <name>', 'how the data was collected', 'registration')
    .option('--notice <version>', 'the notice that these members were shown', '1')
    .option('--provenance <name>', 'who gave the data', 'subject');

/** `import members|behaviour|abandon`. */
export const importProgram = (run: Runner): Command =>
  new Command('import')
    .description('bring a file in')
    .addCommand(
      ofFile(
        'members',
        'members from a CSV file (RFC 4180, UTF-8); the same file again changes nothing, a longer one that begins with it brings in what follows',
      ).action((file: string, options: Omit<ImportMembersOptions, 'file'>) =>
        run(importMembersCommand, { file, ...options }),
      ),
    )
    .addCommand(
      ofFile(
        'behaviour',
        'what members did, from a CSV file, in no order; stopped half-way, the same call goes on',
      )
        .requiredOption('--kind <name>', 'a kind of the policy pack: purchase, group-post, ...')
        .option('--purposes <list>', 'what it is for, separated by commas', listOf, ['improvement'])
        .action((file: string, options: Omit<ImportBehaviourOptions, 'file'>) =>
          run(importBehaviourCommand, { file, ...options }),
        ),
    )
    .addCommand(
      new Command('abandon')
        .description('give up an import that is half in: what came in stays, the file is not remembered')
        .argument('<import>', 'its id, as `status` shows it')
        .action((importId: string) => run(importAbandonCommand, { importId })),
    );
