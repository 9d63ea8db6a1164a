import { catalogue } from '@lacuna/domain/catalogue';
import type { DomainEvent } from '@lacuna/domain/kernel';
import {
  correctionOverdue,
  erasureStarted,
  id,
  infoCorrected,
  projectionSpec,
  realNameVerified,
  recordedLog,
  registered,
  sealedAs,
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
});
