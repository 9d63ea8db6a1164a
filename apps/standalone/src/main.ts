import { runProcess } from '../../host/src/run-process.js';

await runProcess('standalone', async (config) => (await import('./start.js')).start(config));
