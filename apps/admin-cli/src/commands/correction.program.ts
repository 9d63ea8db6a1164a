import { Command } from 'commander';
import { collect, type Runner } from './runner.js';
import {
  correctionApplyCommand,
  correctionRequestCommand,
  type CorrectionApplyOptions,
  type CorrectionRequestOptions,
} from './correction.command.js';

const frame = (command: Command, role: string): Command =>
  command
    .option('--role <name>', 'as whom; member for the member in person', role)
    .option('--channel <name>', 'how it was asked for', 'customer-service')
    .option('--notice <version>', 'the notice that was shown', '1')
    .option('--request-id <id>', 'the same id again gives the same answer');

/** `correction request|apply`. */
export const correctionProgram = (run: Runner): Command => {
  const request = new Command('request')
    .description('ask for a correction; it is due as the pack says')
    .argument('<member>', 'the member’s id')
    .requiredOption('--set <field=value>', 'a field and its right value; may be repeated', collect, []);
  const apply = new Command('apply')
    .description('do a requested correction, as it was asked for')
    .argument('<member>', 'the member’s id')
    .argument('<correction>', 'the correction’s id');
  return new Command('correction')
    .description('putting a member’s data right')
    .addCommand(
      frame(request, 'customer-service').action(
        (member: string, options: Omit<CorrectionRequestOptions, 'member'>) =>
          run(correctionRequestCommand, { member, ...options }),
      ),
    )
    .addCommand(
      frame(apply, 'customer-service').action(
        (
          member: string,
          correction: string,
          options: Omit<CorrectionApplyOptions, 'member' | 'correction'>,
        ) => run(correctionApplyCommand, { member, correction, ...options }),
      ),
    );
};
