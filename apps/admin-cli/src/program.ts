import { Command, InvalidArgumentError, Option } from 'commander';
import { auditShowCommand, type AuditShowOptions } from './commands/audit-show.command.js';
import { clockAdvanceCommand, clockConfirmJumpCommand } from './commands/clock.command.js';
import type { CommandContext, CommandRun } from './commands/command-context.js';
import { activityProgram } from './commands/activity.program.js';
import { behaviourProgram } from './commands/behaviour.program.js';
import { databaseCommand } from './commands/database.command.js';
import { correctionProgram } from './commands/correction.program.js';
import { eventsProgram } from './commands/events.program.js';
import { erasureProgram } from './commands/erasure.program.js';
import { importProgram } from './commands/import.program.js';
import { adoptLogProgram, copyLogProgram } from './commands/log.program.js';
import { memberGetCommand, type MemberGetOptions } from './commands/member-get.command.js';
import { migrateCommand } from './commands/migrate.command.js';
import { replayCommand, type ReplayCommandOptions } from './commands/replay.command.js';
import { listOf, type Runner } from './commands/runner.js';
import { statsCommand, type StatsOptions } from './commands/stats.command.js';
import { statusCommand } from './commands/status.command.js';
import { tokenCommand } from './commands/token.command.js';

export type GlobalOptions = Readonly<{ json?: boolean; tenant: string; server?: string }>;

const pageSize = (text: string): number => {
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1 || size > 1000) throw new InvalidArgumentError('1 to 1000');
  return size;
};

const auditProgram = (run: Runner): Command =>
  new Command('audit').description('the audit trail').addCommand(
    new Command('show')
      .description('who did what, when, for which purpose, under which rule')
      .option('--member <id>', 'only about this member')
      .option('--from <instant>', 'from this instant on')
      .option('--to <instant>', 'up to this instant')
      .option('--lang <language>', 'zh or en', 'en')
      .option('--page-size <entries>', 'at most 1000', pageSize, 100)
      .option('--page-token <token>', 'where the page before ended')
      .action((options: AuditShowOptions) => run(auditShowCommand, options)),
  );

const clockProgram = (run: Runner): Command =>
  new Command('clock')
    .description('the business clock')
    .addCommand(
      new Command('advance')
        .description('walk a simulated clock, deadline by deadline')
        .argument('<duration>', 'ISO 8601: PT25H, P7M')
        .action((by: string) => run(clockAdvanceCommand, { by })),
    )
    .addCommand(
      new Command('confirm-jump')
        .description('let a nightly run go on that a jump of the real clock paused')
        .action(() => run(clockConfirmJumpCommand, {})),
    );

const memberProgram = (run: Runner): Command =>
  new Command('member').description('one member').addCommand(
    new Command('get')
      .description('read a member, for a purpose; the read is recorded')
      .option('--id <uuid>')
      .option('--mobile <number>')
      .option('--customer-number <number>')
      .option('--purpose <name>', 'what the read is for', '')
      .option('--role <name>', 'as whom', 'customer-service')
      .option('--fields <list>', 'only these, separated by commas', listOf, [])
      .option('--as-of <instant or position>', 'the values that held then')
      .action((options: MemberGetOptions) => run(memberGetCommand, options)),
  );

const tokenProgram = (run: Runner): Command =>
  new Command('token')
    .description(
      'a demo token: integrator, customer-service, activity-dept, management, compliance-officer, operator, downstream, member',
    )
    .argument('<role>')
    .option('--member <id>', 'whose own, for the role member')
    .action((role: string, { member }: Readonly<{ member?: string }>) =>
      run(tokenCommand, { role, ...(member === undefined ? {} : { member }) }),
    );

const statusProgram = (run: Runner): Command =>
  new Command('status')
    .description('streams, events, views, deadlines, keys, clock, warnings')
    .action(() => run(statusCommand, {}));

const statsProgram = (run: Runner): Command =>
  new Command('stats')
    .description(
      'counts, people, units and sums of behaviour; no figure covers fewer people than the pack says',
    )
    .addOption(
      new Option('--by <what>', 'a row for each').choices(['day', 'month', 'kind', 'total']).default('month'),
    )
    .option('--from <day or month>', 'from this one on')
    .option('--to <day or month>', 'up to this one')
    .option('--kind <name>', 'only this kind')
    .option('--svg <file>', 'a chart of the same rows')
    .addOption(new Option('--lang <language>').choices(['zh', 'en']).default('en'))
    .action((options: StatsOptions) => run(statsCommand, options));

const replayProgram = (run: Runner): Command =>
  new Command('replay')
    .description('make the audit views again from the log, and compare them with the live ones')
    .option('--as-of <instant or position>', 'as they were then; compares nothing')
    .option('--keep', 'leave the rebuilt schema behind')
    .action((options: ReplayCommandOptions) => run(replayCommand, options));

const databaseProgram = (run: Runner): Command =>
  new Command('database')
    .description('run the embedded PostgreSQL for the apps of this LACUNA_HOME, until it is stopped')
    .action(() => run(databaseCommand, {}));

const migrateProgram = (run: Runner): Command =>
  new Command('migrate')
    .description('bring the database to the schema of this code, as its owner; apps never do')
    .action(() => run(migrateCommand, {}));

/** The command line. `execute` is given what a command is to do; wrong usage throws commander's own error. */
export const createProgram = (
  execute: (
    work: (context: CommandContext) => ReturnType<CommandRun<object>>,
    shared: GlobalOptions,
  ) => Promise<void>,
): Command => {
  const program = new Command('lacuna')
    .description(
      'Lacuna from the command line. Exit codes: 0 good, 1 a finding, 2 wrong usage or nobody there.',
    )
    .option('--json', 'one JSON document on standard output, progress on standard error')
    .option('--tenant <name>', 'the organisation', 'car-club')
    .option('--server <address>', 'host:port of the server (default: the one that runs on this home)');
  const run: Runner = (command, options) =>
    execute((context) => command(context, options), program.opts<GlobalOptions>());
  const commands = [
    databaseProgram,
    migrateProgram,
    copyLogProgram,
    adoptLogProgram,
    importProgram,
    auditProgram,
    replayProgram,
    statusProgram,
    memberProgram,
    correctionProgram,
    erasureProgram,
    behaviourProgram,
    activityProgram,
    statsProgram,
    eventsProgram,
    clockProgram,
    tokenProgram,
  ];
  for (const command of commands) program.addCommand(command(run));
  return program;
};
