import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { attack, type Booty } from './attack.js';

type Options = Readonly<{
  keys: readonly string[];
  planted?: string;
  guess?: string;
  subject?: readonly string[];
  exhaustive?: boolean;
  json?: boolean;
}>;

const lines = (path: string | undefined): readonly string[] =>
  path === undefined
    ? []
    : readFileSync(path, 'utf8')
        .split(/\r?\n/)
        .filter((line) => line !== '');

const guessOf = (line: string) => {
  const [tenant = '', kind = '', value = ''] = line.split('\t');
  return { tenant, kind, value };
};

const text = (booty: Booty): string =>
  [
    `searched       ${booty.bytes} bytes`,
    `wrapped keys   ${booty.keys.found} found, ${booty.keys.unwrapped} unwrapped`,
    `sealed values  ${booty.values.found} found, ${booty.values.opened} opened`,
    `behaviour      ${booty.behaviour.found} found, ${booty.behaviour.opened} opened`,
    `night copies   ${booty.copies.found} found, ${booty.copies.opened} opened`,
    `claims         ${booty.claims.found} found, ${booty.claims.opened} opened, ${booty.claims.guessed} guesses right`,
    `planted        ${booty.planted.opened} opened, ${booty.planted.inClear} in clear`,
  ].join('\n');

// Counts only: what it opens is personal, and stays in the memory of this process.
const program = new Command('attack')
  .description(
    "Opens what can be opened with raw files and today's keys; exits 1 when a planted value or a guess comes out.",
  )
  .argument('<path...>', 'data folders with their WAL, dumps, any files')
  .requiredOption('--keys <file...>', 'key files as the thief found them')
  .option('--planted <file>', 'plain texts to look for, one per line')
  .option('--guess <file>', 'claimed values to guess: tenant, kind and value per line, separated by tabs')
  .option('--subject <id...>', 'look only for what is of these members')
  .option('--exhaustive', 'every key on every value, not only the key a value names')
  .option('--json', 'one JSON document')
  .action((paths: string[], options: Options) => {
    const booty = attack({
      paths,
      keyFiles: options.keys,
      planted: lines(options.planted),
      guesses: lines(options.guess).map(guessOf),
      ...(options.subject && { subjects: options.subject }),
      exhaustive: options.exhaustive ?? false,
    });
    process.stdout.write(`${options.json ? JSON.stringify(booty) : text(booty)}\n`);
    const cameOut = booty.planted.opened + booty.planted.inClear + booty.claims.guessed;
    process.exitCode = cameOut > 0 ? 1 : 0;
  });

program.parse();
