import { Command, InvalidArgumentError } from 'commander';
import { eventsFollowCommand, type EventsFollowOptions } from './events.command.js';
import { listOf, type Runner } from './runner.js';

const howMany = (text: string): number => {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('1 or more');
  return count;
};

/** `events follow`. */
export const eventsProgram = (run: Runner): Command =>
  new Command('events').description('what is published of the log, without Kafka').addCommand(
    new Command('follow')
      .description('show the records as they come, and the cursor to go on from; Ctrl-C ends it')
      .option(
        '--context <list>',
        'only these of member, activity, statistics, retention, separated by commas (none named: these four); or behaviour, by itself',
        listOf,
        [],
      )
      .option(
        '--from <cursor>',
        'what follows it, of the same contexts; "end" for what happens from now on',
        '',
      )
      .option('--limit <records>', 'end after so many', howMany)
      .option('--role <name>', 'as whom', 'downstream')
      .action((options: EventsFollowOptions) => run(eventsFollowCommand, options)),
  );
