import { Command } from 'commander';
import { listOf, type Runner } from './runner.js';
import {
  erasurePreviewCommand,
  erasureRequestCommand,
  erasureStatusCommand,
  type ErasureOptions,
  type ErasureRequestOptions,
} from './erasure.command.js';

const about = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<member>', 'the member’s id')
    .option('--role <name>', 'as whom: integrator, or member for the member in person', 'integrator');

/** `erasure preview|request|status`. */
export const erasureProgram = (run: Runner): Command =>
  new Command('erasure')
    .description('forgetting a member')
    .addCommand(
      about('preview', 'what would go, what would stay, and why').action(
        (member: string, options: Omit<ErasureOptions, 'member'>) =>
          run(erasurePreviewCommand, { member, ...options }),
      ),
    )
    .addCommand(
      about('request', 'stop reads and forget; when it answers, reads have stopped')
        .option('--reason <name>', 'exit or request', 'request')
        .option(
          '--categories <list>',
          'only these, separated by commas; without: all that the law lets go',
          listOf,
          [],
        )
        .option('--channel <name>', 'how it was asked for', 'customer-service')
        .option('--request-id <id>', 'the same id again gives the same answer')
        .action((member: string, options: Omit<ErasureRequestOptions, 'member'>) =>
          run(erasureRequestCommand, { member, ...options }),
        ),
    )
    .addCommand(
      about('status', 'how far it has come, with its times').action(
        (member: string, options: Omit<ErasureOptions, 'member'>) =>
          run(erasureStatusCommand, { member, ...options }),
      ),
    );
