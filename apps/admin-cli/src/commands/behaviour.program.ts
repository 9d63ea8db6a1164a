import { Command } from 'commander';
import {
  behaviourCorrectCommand,
  behaviourListCommand,
  behaviourRecordCommand,
  type BehaviourCorrectOptions,
  type BehaviourListOptions,
  type BehaviourRecordOptions,
} from './behaviour.command.js';
import { collect, listOf, type Runner } from './runner.js';

const frame = (command: Command): Command =>
  command
    .option('--set <item=value>', 'an item of the kind’s form; may be repeated', collect, [])
    .option('--purpose <name>', 'what it is recorded for', 'service')
    .option('--role <name>', 'as whom; member for the member in person', 'integrator')
    .option('--channel <name>', 'how it came in', 'customer-service')
    .option('--notice <version>', 'the notice that was shown', '1')
    .option('--request-id <id>', 'the same id again gives the same answer');

/** `behaviour record|correct|list`. */
export const behaviourProgram = (run: Runner): Command =>
  new Command('behaviour')
    .description('what a member does: kept for as long as the pack says, then only counted')
    .addCommand(
      frame(new Command('record').description('record one behaviour'))
        .argument('<member>', 'the member’s id')
        .requiredOption('--kind <name>', 'a kind of the pack')
        .requiredOption('--on <day or instant>', 'when it was')
        .action((member: string, options: Omit<BehaviourRecordOptions, 'member'>) =>
          run(behaviourRecordCommand, { member, ...options }),
        ),
    )
    .addCommand(
      frame(new Command('correct').description('give the right details of a behaviour'))
        .argument('<member>', 'the member’s id')
        .argument('<behaviour>', 'what its recording answered')
        .action(
          (
            member: string,
            behaviour: string,
            options: Omit<BehaviourCorrectOptions, 'member' | 'behaviour'>,
          ) => run(behaviourCorrectCommand, { member, behaviour, ...options }),
        ),
    )
    .addCommand(
      new Command('list')
        .description('a member’s behaviour of the days that live; the read is recorded')
        .argument('<member>', 'the member’s id')
        .option('--purpose <name>', 'what the read is for', '')
        .option('--role <name>', 'as whom', 'member')
        .option('--kinds <list>', 'only these, separated by commas', listOf, [])
        .action((member: string, options: Omit<BehaviourListOptions, 'member'>) =>
          run(behaviourListCommand, { member, ...options }),
        ),
    );
