import { asyncapiDocument } from './asyncapi.js';
import { incompatibilities } from './compatibility.js';
import { committedBaseline, committedSchemas, writeBaseline, writeContracts } from './contract-files.js';
import { schemaDocuments } from './json-schemas.js';

/**
 * `npm run contracts`: writes the schemas and the AsyncAPI document from the catalogue. `--release`: what stands there
 * now is promised to consumers from here on; refused where it breaks what was promised before.
 */
const main = async (release: boolean): Promise<number> => {
  const schemas = schemaDocuments();
  await writeContracts(schemas, asyncapiDocument());
  const committed = await committedSchemas();
  const faults = incompatibilities(await committedBaseline(), committed);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) return 1;
  if (release) await writeBaseline(committed);
  process.stdout.write(
    `${String(schemas.size)} schemas, one AsyncAPI document${release ? ', promised' : ''}\n`,
  );
  return 0;
};

process.exitCode = await main(process.argv.includes('--release'));
