import { status } from '@grpc/grpc-js';
import { describeFailure } from './describe-failure.js';
import { errorTable } from './error-table.js';
import { readStatus } from './read-status.js';
import { toStatus } from './to-status.js';

const silent = (): void => undefined;
const coded = (code: string, violations: { field: string; rule: string }[] = []) =>
  Object.assign(new Error(`message of ${code}`), { code, violations });

it('a known code leaves with its status, reason, message and bad fields', () => {
  const violations = [
    { field: 'info.mobile', rule: 'mobile' },
    { field: 'processing.channel', rule: 'CHANNEL_UNKNOWN R003 000§2.2' },
  ];
  expect(readStatus(toStatus(coded('FIELD_INVALID', violations), silent))).toEqual({
    grpcCode: status.INVALID_ARGUMENT,
    reason: 'FIELD_INVALID',
    message: 'message of FIELD_INVALID',
    violations,
    errorId: null,
  });
});

it('I11 of thousands of bad fields the first hundred are told: what an answer has room for', () => {
  const violations = Array.from({ length: 2_500 }, (_, row) => ({
    field: `rows.${row}.line`,
    rule: 'whole-number',
  }));
  const answer = toStatus(coded('FIELD_INVALID', violations), silent);
  expect(readStatus(answer).violations).toEqual(violations.slice(0, 100));
  const [details] = answer.metadata.get('grpc-status-details-bin');
  expect(Buffer.from(details ?? '').length).toBeLessThan(8_192);
});

it('A13 erased, unknown and unavailable are three answers with three reasons', () => {
  const answers = ['SUBJECT_ERASED', 'SUBJECT_UNKNOWN', 'CUSTODY_UNAVAILABLE'].map((code) =>
    readStatus(toStatus(coded(code), silent)),
  );
  expect(answers.map(({ grpcCode, reason }) => [grpcCode, reason])).toEqual([
    [status.FAILED_PRECONDITION, 'SUBJECT_ERASED'],
    [status.NOT_FOUND, 'SUBJECT_UNKNOWN'],
    [status.UNAVAILABLE, 'CUSTODY_UNAVAILABLE'],
  ]);
});

const secret = '13800138000';
it.each([
  ['an error of a driver', Object.assign(new Error(`value ${secret}`), { code: '22P02' })],
  ['an unlisted code of ours', Object.assign(new Error(secret), { code: 'SEALED_VALUE_BROKEN' })],
  ['a name of Object', Object.assign(new Error(secret), { code: 'constructor' })],
  ['a text', secret],
  ['nothing', undefined],
])('%s leaves as INTERNAL with an id, its cause goes to the report alone', (_name, error) => {
  const reported: unknown[] = [];
  const answer = toStatus(error, (errorId, cause) => reported.push(errorId, cause));
  const read = readStatus(answer);
  expect(read).toMatchObject({ grpcCode: status.INTERNAL, reason: 'INTERNAL', violations: [] });
  expect(reported).toEqual([read.errorId, error]);
  const bytes = answer.metadata.get('grpc-status-details-bin')[0] as Buffer;
  expect(`${answer.details}${bytes.toString('latin1')}`).not.toContain(secret);
});

it('what a failure leaves in the log quotes no message, not even of its causes', () => {
  const cause = Object.assign(new Error(`Key (mobile)=(${secret}) exists`), { code: '23505' });
  const text = describeFailure(new Error(`around ${secret}`, { cause }));
  expect(text).not.toContain(secret);
  expect(text).toContain('Error 23505');
  expect(text).toContain('to-status.unit.spec');
});

it('every reason has the form that google.rpc.ErrorInfo asks for', () => {
  for (const code of Object.keys(errorTable)) expect(code).toMatch(/^[A-Z][A-Z0-9_]+[A-Z0-9]$/);
  expect(Object.keys(errorTable).every((code) => code.length <= 63)).toBe(true);
});
