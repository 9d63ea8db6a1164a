import { ESLint } from 'eslint';

const lint = async (code: string): Promise<readonly (string | null)[]> => {
  const eslint = new ESLint({ cwd: process.cwd() });
  const [result] = await eslint.lintText(code, { filePath: 'libs/domain/src/kernel/errors.ts' });
  return result?.messages.map((message) => message.ruleId) ?? [];
};

it.each([
  ['a clock', 'export const at = () => Date.now();', 'no-restricted-syntax'],
  ['the time of now', 'export const at = () => new Date();', 'no-restricted-syntax'],
  ['chance', 'export const dice = () => Math.random();', 'no-restricted-syntax'],
  [
    'an id generator',
    "import { randomUUID } from 'crypto';\nexport const id = () => randomUUID();",
    'no-restricted-syntax',
  ],
  ['Node', "import { hash } from 'node:crypto';\nexport const h = hash;", 'no-restricted-imports'],
  [
    'Nest',
    "import { Injectable } from '@nestjs/common';\nexport const i = Injectable;",
    'no-restricted-imports',
  ],
  ['a double cast', 'export const n = (v: string) => v as unknown as number;', 'no-restricted-syntax'],
])('the domain is refused %s', async (_what, code, rule) => {
  expect(await lint(code)).toContain(rule);
});
