import { behaviourCategory, recordBehaviour, type BehaviourBody } from '@lacuna/domain/behaviour';
import { LacunaError, type CommandContext, type LocalDate } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { Caller, RequestFrame } from '../caller.js';
import { refusal } from '../execute/execute.js';
import { memberOf } from '../execute/frame.js';
import { authoriseCollection } from '../policy/gate.js';
import type { BehaviourRecord, MemberName } from './behaviour.commands.js';

/** Where the answer goes, and what names the record for ever: labels of different origin never meet. */
export type LabelledRecord = Readonly<{ index: number; label: string; record: BehaviourRecord }>;

/** A record that may come in: allowed, well-formed, of a known day. Whose it is, custody is asked next. */
export type ReadRecord = Readonly<{
  index: number;
  label: string;
  /** The member's id, or the number that custody knows them by. */
  named: Readonly<{ memberId: string }> | Readonly<{ customerNumber: string }>;
  day: LocalDate;
  body: BehaviourBody & Readonly<{ what: 'recorded' }>;
}>;

/** `about`: the record alone, or how and why the caller records at all. */
export type RefusedRecord = Readonly<{ index: number; about: 'record' | 'call'; error: unknown }>;

export type Reading = Readonly<{ pack: PolicyPack; context: CommandContext; frame: RequestFrame }>;

const namedOf = (caller: Caller, { memberId = '', customerNumber = '' }: MemberName): ReadRecord['named'] =>
  customerNumber === '' ? { memberId: memberOf(caller, memberId) } : { customerNumber };

/** The gate of one request: what it was asked once it remembers, since a request's records are mostly of one kind. */
const gateOf = ({ pack, frame }: Reading): ((kind: string, named: ReadRecord['named']) => unknown) => {
  const { caller, processing } = frame;
  const known = new Map<string, unknown>();
  return (kind, named) => {
    // By a number the caller never names itself: whoever may only do so for itself says who it is.
    const memberId = 'memberId' in named ? named.memberId : '';
    const key = `${kind} ${String(memberId === caller.memberId)}`;
    if (known.has(key)) return known.get(key);
    let denial: unknown = null;
    try {
      authoriseCollection(pack, { caller, action: 'record-behaviour', memberId }, processing, [kind]);
    } catch (error) {
      denial = error;
    }
    known.set(key, denial);
    return denial;
  };
};

/** The kinds of behaviour that a pack knows are its fields of this category that have a form. */
export const formOf = (pack: PolicyPack, kind: string) => {
  const field = pack.fields.get(kind);
  return field?.category === behaviourCategory ? field.form : null;
};

/** Says of each record whether it may come in, by pack and domain alone. */
export const readRecords = (
  reading: Reading,
  records: readonly LabelledRecord[],
): readonly (ReadRecord | RefusedRecord)[] => {
  const { pack, context, frame } = reading;
  const gate = gateOf(reading);
  return records.map(({ index, label, record }) => {
    const { kind, occurred, details } = record;
    const form = formOf(pack, kind);
    if (form === null) return { index, about: 'call', error: new LacunaError('KIND_UNKNOWN') };
    let named: ReadRecord['named'];
    try {
      named = namedOf(frame.caller, record.member);
    } catch (error) {
      return { index, about: 'record', error };
    }
    const denial = gate(kind, named);
    if (denial !== null) return { index, about: 'call', error: denial };
    const decision = recordBehaviour({
      kind,
      form,
      occurred,
      details,
      context,
      now: context.at,
      zone: pack.zone,
    });
    if (decision.kind === 'refused') return { index, about: 'record', error: refusal(decision.refusal) };
    const { day, body } = decision;
    return { index, label, named, day, body: body as ReadRecord['body'] };
  });
};
