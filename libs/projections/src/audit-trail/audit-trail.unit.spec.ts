import { catalogue } from '@lacuna/domain/catalogue';
import type { DomainEvent } from '@lacuna/domain/kernel';
import {
  activityAnnounced,
  activityEnded,
  behaviourCounted,
  behaviourDayAnonymised,
  behaviourRecorded,
  behavioursCountedOnly,
  correctionOverdue,
  erasureStarted,
  id,
  infoCorrected,
  nightCounted,
  participantSignedUp,
  projectionSpec,
  readRecordEnded,
  realNameVerified,
  recordedLog,
  registered,
  retentionSwept,
  sealedAs,
  signUpsDeleted,
  someIdNumber,
} from '@lacuna/testing';
import { eventReader, jsonCell } from '../engine/index.js';
import { auditTrail } from './audit-trail.projection.js';

const { given } = projectionSpec(auditTrail);

const personalDataRead: DomainEvent = {
  type: 'PersonalDataRead',
  data: {
    subject: id(1),
    purpose: 'service',
    category: 'basic',
    fields: ['name'],
    action: 'read',
    rules: ['R048 000§4.1'],
    grants: [],
    asOf: null,
  },
};
const denied: DomainEvent = {
  type: 'PersonalDataReadDenied',
  data: { purpose: null, fields: [], action: 'read', reason: 'PURPOSE_REQUIRED', nearestMiss: null },
};

describe('audit-trail', () => {
  it('R013 logs of a collection its time, source, fields, way and person, and no value', () => {
    given()
      .when({ ...registered(), recordedAt: '1998-07-01T09:00+08:00' }, { numberOfTimes: 2 })
      .then([
        {
          position: 1n,
          recordedAt: '1998-07-01T01:00:00.000Z',
          provenance: 'subject',
          channel: 'registration',
          fields: jsonCell(['name', 'mobile']),
          actor: 'agent-1',
          role: 'customer-service',
          memberId: id(1),
          outcome: 'done',
          subject: null,
        },
      ]);
    const read = eventReader(catalogue);
    const lines = [registered(), infoCorrected(), realNameVerified(), personalDataRead];
    const rows = recordedLog(lines).flatMap((event) => auditTrail.operations(read(event)));
    const text = rows
      .map((operation) => jsonCell(Object.values('row' in operation ? operation.row : {}).map(String)))
      .join();
    // The only sealed thing of four events is whom the read was about.
    expect(text.match(/sealed\(/g)).toHaveLength(1);
    for (const value of ['许一诺', '19900000001', '19900000002', someIdNumber])
      expect(text).not.toContain(value);
  });

  it('logs of a read its time, its purpose and its reader; whom it was about only sealed', () =>
    given()
      .when({ ...personalDataRead, recordedAt: '1998-07-01T09:00+08:00' }, { numberOfTimes: 2 })
      .then([
        {
          recordedAt: '1998-07-01T01:00:00.000Z',
          purposes: '["service"]',
          actor: 'agent-1',
          rules: '["R048 000§4.1"]',
          subject: sealedAs(id(1)),
          memberId: null,
        },
      ]));

  it('shows a denied read as denied, with the reason', () =>
    given()
      .when(denied, { numberOfTimes: 2 })
      .then([
        {
          outcome: 'denied',
          purposes: '[]',
          facts: jsonCell({ action: 'read', reason: 'PURPOSE_REQUIRED', nearestMiss: null }),
        },
      ]));

  it('R072 shows an overdue correction as overdue', () =>
    given()
      .when(correctionOverdue())
      .then([
        { outcome: 'overdue', facts: jsonCell({ correctionId: id(2), dueAt: '1998-07-02T01:00:00.000Z' }) },
      ]));

  it('cites what an erasure rests on, each clause once', () =>
    given()
      .when(erasureStarted(), { numberOfTimes: 2 })
      .then([{ rules: jsonCell(['R077 000§6.3', 'R078 000§6.3']), memberId: id(1) }]));

  it('R078 names no member beside a real-name record', () =>
    given()
      .when(realNameVerified())
      .then([{ memberId: null, fields: jsonCell(['name', 'idNumber']), facts: '{}' }]));

  it.each([behaviourRecorded(), behavioursCountedOnly(), behaviourCounted(), participantSignedUp()])(
    'R041 has no row for $type: no list shows two such records together, or one beside a member',
    (line) => given().when(line).thenNothing(),
  );

  it('R041 R042 R044 tells of every end what ended, under which rule, and when it was beyond recovery', () => {
    given()
      .when(behaviourDayAnonymised(), { numberOfTimes: 2 })
      .then([
        {
          rules: '["R041 000§3.2"]',
          memberId: null,
          facts: jsonCell({
            category: 'behaviour',
            day: '1998-01-02',
            destroyedAt: '1998-07-01T15:00:00.000Z',
            unrecoverableAt: '1998-07-01T15:00:01.000Z',
          }),
        },
      ]);
    given()
      .when(readRecordEnded())
      .then([{ rules: '["R097 000§5.1"]', facts: expect.stringContaining('1995-06') as unknown }]);
    given()
      .when(signUpsDeleted())
      .then([{ rules: '["R042 000§3.2"]', facts: expect.stringContaining(id(6)) as unknown }]);
  });

  it('R044 shows a sweep also where nothing was due, each rule once', () => {
    const nothingDue = { category: 'behaviour', cite: 'R041 000§3.2', through: null, ended: 0 };
    const items = [nothingDue, { ...nothingDue, category: 'complaints' }];
    given()
      .when(retentionSwept({ items }), { numberOfTimes: 2 })
      .then([{ rules: '["R041 000§3.2"]', facts: jsonCell({ date: '1998-07-01', items }) }]);
  });

  it('tells of nights that were counted and of activities, whose they are and why they ended', () => {
    given()
      .when(nightCounted())
      .then([{ facts: jsonCell({ night: '1998-07-01', rows: 9, cells: 1, remainder: false }) }]);
    given()
      .when(activityAnnounced())
      .then([{ facts: expect.stringContaining('agent-1') as unknown }]);
    given()
      .when(activityEnded())
      .then([{ facts: expect.stringContaining('"by":"clock"') as unknown }]);
  });
});
