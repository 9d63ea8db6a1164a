import { Command } from 'commander';
import {
  activityAnnounceCommand,
  activityEndCommand,
  activityListCommand,
  activityRosterCommand,
  activitySignUpCommand,
  type ActivityAnnounceOptions,
  type ActivityEndOptions,
  type ActivityRosterOptions,
  type ActivitySignUpOptions,
} from './activity.command.js';
import { collect, type Runner } from './runner.js';

const frame = (command: Command, role: string): Command =>
  command
    .option('--role <name>', 'as whom; member for the member in person', role)
    .option('--channel <name>', 'how it came in', 'sign-up')
    .option('--notice <version>', 'the notice that was shown', '1')
    .option('--request-id <id>', 'the same id again gives the same answer');

const announce = (run: Runner): Command =>
  frame(new Command('announce').description('announce an activity; it ends by itself'), 'activity-dept')
    .argument('<title>', 'the organisation’s own words, never a person’s name')
    .requiredOption('--end <instant>', 'its planned end')
    .action((title: string, options: Omit<ActivityAnnounceOptions, 'title'>) =>
      run(activityAnnounceCommand, { title, ...options }),
    );

const signUp = (run: Runner): Command =>
  frame(new Command('sign-up').description('sign a member up; twice is refused'), 'integrator')
    .argument('<activity>')
    .argument('<member>', 'the member’s id')
    .option('--set <item=value>', 'an item of the sign-up’s form; may be repeated', collect, [])
    .action((activity: string, member: string, options: Omit<ActivitySignUpOptions, 'activity' | 'member'>) =>
      run(activitySignUpCommand, { activity, member, ...options }),
    );

const end = (run: Runner): Command =>
  frame(new Command('end').description('end an activity before its planned end'), 'activity-dept')
    .argument('<activity>')
    .action((activity: string, options: Omit<ActivityEndOptions, 'activity'>) =>
      run(activityEndCommand, { activity, ...options }),
    );

const list = (run: Runner): Command =>
  new Command('list')
    .description('the organisation’s activities')
    .option('--role <name>', 'as whom', 'activity-dept')
    .action((options: Readonly<{ role: string }>) => run(activityListCommand, options));

const roster = (run: Runner): Command =>
  new Command('roster')
    .description('who takes part, for those who organise it; each read is recorded')
    .argument('<activity>')
    .option('--purpose <name>', 'what the read is for', '')
    .option('--role <name>', 'as whom', 'activity-dept')
    .action((activity: string, options: Omit<ActivityRosterOptions, 'activity'>) =>
      run(activityRosterCommand, { activity, ...options }),
    );

/** `activity announce|sign-up|end|list|roster`. */
export const activityProgram = (run: Runner): Command =>
  [announce, signUp, end, list, roster].reduce(
    (program, make) => program.addCommand(make(run)),
    new Command('activity').description('activities and who takes part'),
  );
