// A process of custody that is killed at a chosen place (plain JavaScript over the built product).
// { connectionString, file, backupFile, work: 'rotate' | 'destroy' | 'destroyScopes' | 'holdNight', at: { step | query | write | held: ... } }
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';

const job = JSON.parse(process.argv[2]);
const die = () => process.kill(process.pid, 'SIGKILL');

let armed = false;
let left = Infinity;
const count = () => {
  if (armed && (left -= 1) === 0) die();
};

if (job.at.query !== undefined) {
  left = job.at.query;
  const query = pg.Client.prototype.query;
  pg.Client.prototype.query = function (...args) {
    count();
    return query.apply(this, args);
  };
}
if (job.at.write !== undefined) {
  left = job.at.write;
  for (const name of ['writeSync', 'fsyncSync', 'renameSync', 'closeSync']) {
    const original = fs[name];
    fs[name] = (...args) => {
      count();
      return original(...args);
    };
  }
  syncBuiltinESMExports();
}

const { createCustody, createFileKms } = await import('../../dist/libs/custody/src/index.js');
const custody = await createCustody({
  connectionString: job.connectionString,
  kms: createFileKms({ file: job.file, backupFile: job.backupFile }),
  onRotationStep: (step) => {
    if (step === job.at.step) die();
  },
});
armed = true;
const works = {
  rotate: () => custody.rotate(job.now, job.month),
  destroy: () => custody.destroy(job.destruction),
  destroyScopes: async () => {
    for (const destruction of job.destructions) await custody.destroyScopes(destruction);
  },
  holdNight: async () => {
    const hold = await custody.holdNight(job.tenant, job.night, () => Promise.resolve(0n));
    if (job.at.held) die();
    hold.release();
  },
};
await works[job.work]();
armed = false;
await custody.close();
