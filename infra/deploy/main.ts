/**
 * `npm run validate:deploy`: everything that can be validated of the deployment without a container engine.
 *   -- --install      fetches tools that are not here, through Go and pip, into .cache/deploy-tools
 *   -- static         the files only: no broker, no database, no app is started
 * Each line says passed, FAILED or "not run: <reason>"; exit 1 when one failed.
 */
import { rehearse } from './rehearsal/index.js';
import * as checks from './static-checks.js';
import { Toolbox } from './tools.js';
import type { Outcome } from './outcome.js';

const root = process.cwd();
const asked = new Set(process.argv.slice(2));
const given = { root, toolbox: new Toolbox(root, asked.has('--install')) };

const outcomes: Outcome[] = [];
const tell = (outcome: Outcome): void => {
  outcomes.push(outcome);
  const { name, state, detail } = outcome;
  process.stdout.write(`${state === 'failed' ? 'FAILED' : state}: ${name}: ${detail}\n`);
};

const all = [
  checks.checkCompose,
  checks.checkDockerfile,
  checks.checkScripts,
  checks.checkChart,
  checks.checkObjects,
  checks.checkScores,
];
for (const check of all) tell(await check(given));
if (!asked.has('static')) await rehearse(given, tell);

const count = (state: Outcome['state']): number =>
  outcomes.filter((outcome) => outcome.state === state).length;
process.stdout.write(`${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run\n`);
process.exit(count('failed') === 0 ? 0 : 1);
