import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLogEnd, type RecordedEvent } from '@lacuna/event-store';
import type { Caller } from '../product/calls.js';
import type { Secret } from './leaks.js';
import type { Planting } from './planted.js';

const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

const heldByLog = (log: readonly RecordedEvent[]): readonly Secret[] =>
  log.flatMap(({ id, stream, type, data }): Secret[] => [
    { what: `id of a ${type}`, value: id },
    { what: `stream of a ${type}`, value: uuids.exec(stream)?.[0] ?? '' },
    ...Object.values(data).flatMap((value): Secret[] => {
      const sealed = (value as { sealed?: unknown } | null)?.sealed;
      return typeof sealed === 'string' ? [{ what: `sealed value of a ${type}`, value: sealed }] : [];
    }),
  ]);

/** What the product itself holds that may not be told: the names and ids of what people did, keys, tokens. */
export const heldBy = async (
  home: string,
  caller: Caller,
  log: readonly RecordedEvent[],
): Promise<readonly Secret[]> => {
  const folder = join(home, 'keys');
  const keys = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .flatMap((text) => text.match(/[A-Za-z0-9+/_=-]{40,}/g) ?? []);
  const { as } = await caller.services();
  const token = String(as('integrator').get('authorization')[0]).replace('Bearer ', '');
  return [
    ...heldByLog(log).filter(({ value }) => value !== ''),
    ...keys.map((value) => ({ what: 'key', value })),
    { what: 'token', value: token },
  ];
};

/** Appends an event that no view can apply, in a stream that nobody looks at; `url`: of the log. */
export const poison = async (
  url: string,
  planting: Planting,
  [like]: readonly RecordedEvent[],
): Promise<void> => {
  if (like === undefined) throw new Error('the log is empty');
  const { metadata } = like;
  const stranger = '0000dead-0000-4000-8000-00000000dead';
  const sealed = planting.secret('value of a poisoned event', 'canarysealed');
  const data = { memberId: stranger, correctionId: stranger, changes: { mobile: { sealed } } };
  const { store, close } = await openLogEnd(url);
  try {
    await store.append({
      stream: `car-club.member-${planting.secret('member of a poisoned event', stranger)}`,
      expected: 'none',
      events: [{ id: stranger, type: 'InfoCorrected', schemaVersion: 1, data, metadata }],
      now: metadata.occurredAt,
    });
  } finally {
    await close();
  }
};
