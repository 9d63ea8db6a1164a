import { loggerOn, safeError } from '@lacuna/runtime';

const recorded = (): Readonly<{
  lines: () => Record<string, unknown>[];
  text: () => string;
  log: ReturnType<typeof loggerOn>;
}> => {
  const written: string[] = [];
  return {
    log: loggerOn({ write: (line: string) => void written.push(line) }, 'debug'),
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
};

it('writes one JSON object a line, with its component and fields', () => {
  const { log, lines } = recorded();
  log.for('projector').info('caught up', { position: 12n, lag: 0 });
  expect(lines()).toEqual([
    expect.objectContaining({ component: 'projector', msg: 'caught up', position: '12', lag: 0, level: 30 }),
  ]);
});

it('I10 removes personal values and secrets, by the name of the field and by their form', () => {
  const { log, text } = recorded();
  log.warn('call of 19900012345 with postgres://owner:pw-canary@db/x', {
    mobile: 'canary-a',
    nested: { idNumber: 'canary-b', list: [{ token: 'canary-c' }, '110101199003071234'] },
    note: 'eyJhbGciOi.eyJzdWIi.c2ln',
    bytes: Buffer.from('canary-d'),
  });
  expect(text()).not.toMatch(/canary|19900012345|110101199003071234|eyJ/);
  expect(text().match(/\[removed\]/g)?.length).toBe(8);
});

it('I10 says of a foreign error its kind, code and place, never its message or detail', () => {
  const { log, text, lines } = recorded();
  const driver = Object.assign(new Error('Key (phone)=(canary) already exists'), {
    name: 'error',
    code: '23505',
    detail: 'canary',
    table: 'claims',
    constraint: 'claims_tag',
  });
  log.error('append failed', { err: new Error('canary outer', { cause: driver }) });
  expect(text()).not.toContain('canary');
  expect(lines()[0]?.['err']).toMatchObject({
    name: 'Error',
    cause: { name: 'error', code: '23505', place: { table: 'claims', constraint: 'claims_tag' } },
  });
});

it('keeps the message of an error that is ours', () => {
  const ours = Object.assign(new Error('the subject is erased'), {
    name: 'LacunaError',
    code: 'SUBJECT_ERASED',
  });
  expect(safeError(ours)).toMatchObject({
    name: 'LacunaError',
    code: 'SUBJECT_ERASED',
    message: 'the subject is erased',
  });
});

it('writes down what is thrown without being an error', () => {
  expect(safeError('canary')).toEqual({ name: 'thrown string', stack: [] });
});
