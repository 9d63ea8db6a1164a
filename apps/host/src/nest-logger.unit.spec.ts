import { loggerOn } from '@lacuna/runtime';
import { nestLogger } from './nest-logger.js';

const written = (say: (logger: ReturnType<typeof nestLogger>) => void): string => {
  const lines: string[] = [];
  say(nestLogger(loggerOn({ write: (line: string) => void lines.push(line) }, 'debug')));
  return lines.join('');
};

it('keeps the cause of an INTERNAL answer, under the id that its caller was given', () => {
  const said = written((logger) => {
    logger.error('internal error 1234: TypeError\n    at place', 'transport');
  });
  expect(said).toContain('internal error 1234');
  expect(said).toContain('at place');
});

it('I10 repeats nothing else that Nest says: a driver may have said it', () => {
  const said = written((logger) => {
    logger.error('canary', 'canary stack', 'ExceptionsHandler');
    logger.warn('canary', 'Router');
    logger.fatal?.('canary');
    logger.log('canary', 'Nest');
  });
  expect(said).not.toContain('canary');
  expect(said).toContain('ExceptionsHandler');
});
