import {
  processingViolations,
  refuse,
  type CommandContext,
  type Instant,
  type LocalDate,
  type Refused,
} from '../kernel/index.js';
import type { BehaviourBody, BehaviourFrame } from './behaviour.body.js';
import { readDetails, type DetailTexts, type Form } from './behaviour.details.js';
import { entryOf, type BehaviourEntry } from './behaviour.entries.js';
import { readOccurred } from './occurred.js';

/** What both commands bring in. `now`: the business clock; the day and the frame follow from it. */
type Given = Readonly<{
  now: Instant;
  context: Pick<CommandContext, 'actor' | 'processing'>;
  details: DetailTexts;
}>;

/** `form`: of the kind in the pack; null where the pack has no such kind. `zone`: the pack's. */
export type RecordBehaviour = Given &
  Readonly<{ kind: string; form: Form | null; occurred: string; zone: string }>;

export type RecordDecision = Readonly<{ kind: 'accepted'; day: LocalDate; body: BehaviourBody }> | Refused;

/** `entries`: what stands in that person's day; `forms`: of every kind in the pack. */
export type CorrectBehaviour = Given &
  Readonly<{
    entries: readonly BehaviourEntry[];
    behaviourId: string;
    forms: ReadonlyMap<string, Form>;
  }>;

/** `difference`: what the correction changes in the sums. */
export type CorrectDecision =
  | Readonly<{
      kind: 'accepted';
      day: LocalDate;
      body: BehaviourBody;
      difference: Readonly<{ kind: string; units: number; amount: number }>;
    }>
  | Refused;

const frameOf = ({ context, now }: Given): BehaviourFrame => ({
  actor: context.actor,
  at: now,
  processing: context.processing,
});

/** R003, R011, R013: nothing is collected without saying how; R001: nothing that the kind's form does not ask for. */
const readGiven = ({ context, details }: Given, form: Form) => {
  const read = readDetails(form, details);
  const violations = [
    ...processingViolations(context.processing),
    ...(read.kind === 'refused' ? read.violations : []),
  ];
  return read.kind === 'ok' && violations.length === 0 ? read : refuse('FIELD_INVALID', ...violations);
};

/** Something that a member did. Whether its day is still open is asked afterwards, of the pack and the day given here. */
export const recordBehaviour = (command: RecordBehaviour): RecordDecision => {
  if (command.form === null) return refuse('KIND_UNKNOWN');
  const when = readOccurred(command.occurred, command.now, command.zone);
  if (when.kind === 'refused') return refuse(when.code);
  const read = readGiven(command, command.form);
  if (read.kind !== 'ok') return read;
  const { occurred, day } = when;
  const body = { what: 'recorded', kind: command.kind, occurred, details: read.details } as const;
  return { kind: 'accepted', day, body: { ...body, frame: frameOf(command) } };
};

/**
 * The right details of something that stands in the day given. The differences of all corrections of one behaviour add
 * up to what it says at last, whoever corrects it how often.
 */
export const correctBehaviour = (command: CorrectBehaviour): CorrectDecision => {
  const entry = entryOf(command.entries, command.behaviourId);
  if (entry === undefined) return refuse('BEHAVIOUR_NOT_FOUND');
  const form = command.forms.get(entry.kind);
  if (form === undefined) return refuse('KIND_UNKNOWN');
  const read = readGiven(command, form);
  if (read.kind !== 'ok') return read;
  const { kind, day, details: before } = entry;
  const { details } = read;
  return {
    kind: 'accepted',
    day,
    body: { what: 'corrected', of: entry.behaviourId, kind, details, frame: frameOf(command) },
    difference: { kind, units: details.units - before.units, amount: details.amount - before.amount },
  };
};
