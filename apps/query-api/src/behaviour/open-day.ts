import {
  behaviourHandle,
  dayEntries,
  showDetails,
  type BehaviourBody,
  type BehaviourEntry,
} from '@lacuna/domain/behaviour';
import { LacunaError } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { ShownBehaviour } from './list-behaviour.query.js';
import type { ReadDay } from './read-days.js';

/** Fails closed: one record that does not open, and nothing is shown. */
const bodyOf = ({ keys }: ReadDay, { eventId, body }: ReadDay['rows'][number]): BehaviourBody => {
  const text = keys.open('body', eventId, body);
  if (text === null)
    throw new LacunaError('SEALED_VALUE_BROKEN', 'a sealed record of behaviour does not open');
  // Only the recording of behaviour seals under these keys and this label.
  return JSON.parse(text) as BehaviourBody;
};

/** What stands in a person's day after its corrections. */
export const entriesOf = (day: ReadDay): readonly BehaviourEntry[] =>
  dayEntries(
    day.rows.map((row) => ({
      behaviourId: behaviourHandle(day.keys.scope, day.keys.id(`handle:${row.eventId}`)),
      body: bodyOf(day, row),
    })),
  );

/** An entry of an allowed kind, whole: a form has no mask; null: its kind is not among them. */
export const shown = (
  pack: PolicyPack,
  kinds: ReadonlySet<string>,
  { kind, details, ...entry }: BehaviourEntry,
): ShownBehaviour | null => {
  const form = pack.fields.get(kind)?.form;
  return form && kinds.has(kind) ? { ...entry, kind, details: showDetails(form, details) } : null;
};
