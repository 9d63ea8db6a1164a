import * as fc from 'fast-check';
import { isTenant, LacunaError, parseStreamId, streamId, streamKinds, type StreamKind } from './index.js';

const uuid = '00000000-0000-4000-8000-000000000001';

it('names a stream by tenant, kind and id, and reads the name back', () => {
  expect(streamId('car-club', 'member', uuid)).toBe(`car-club.member-${uuid}`);
  expect(streamId('system', 'custody', 'keys')).toBe('system.custody-keys');
  expect(parseStreamId(`car-club.access-1998-07`)).toEqual({
    tenant: 'car-club',
    kind: 'access',
    id: '1998-07',
  });
});

it.each([
  ['', 'member', uuid],
  ['Car-club', 'member', uuid],
  ['1club', 'member', uuid],
  ['car.club', 'member', uuid],
  ['a'.repeat(64), 'member', uuid],
  ['car-club', 'member', ''],
  ['car-club', 'member', 'a b'],
  ['car-club', 'member', 'a\u0000'],
  ['car-club', 'member', 'a/../b'],
  ['car-club', 'member', '许一诺'],
  ['car-club', 'member', 'a'.repeat(129)],
  ['car-club', 'custody', 'keys'],
  ['system', 'member', uuid],
])('A12 refuses %j %j %j without repeating it', (tenant, kind, id) => {
  expect(parseStreamId(`${tenant}.${kind}-${id}`)).toBeNull();
  expect(() => streamId(tenant, kind as StreamKind, id)).toThrow(
    new LacunaError('STREAM_ID_INVALID', `no stream of kind ${kind} can have this name`),
  );
});

it('no two tenants, kinds or ids share a stream', () =>
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).filter((tenant) => isTenant(tenant) && tenant !== 'system'),
      fc.constantFrom(...streamKinds.filter((kind) => kind !== 'custody')),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/),
      (tenant, kind, id) => {
        expect(parseStreamId(streamId(tenant, kind, id))).toEqual({ tenant, kind, id });
      },
    ),
  ));

it.each([
  '',
  'x',
  'car-club',
  'car-club.member',
  'car-club.member-',
  '.member-1',
  '$ce-member',
  'a.member-1\n',
])('%j is no stream of ours', (stream) => {
  expect(parseStreamId(stream)).toBeNull();
});
