import { runProcess } from '../../host/src/run-process.js';

await runProcess('command-api', async (config) => {
  const [{ runApp }, { commandApi }] = await Promise.all([
    import('../../host/src/run-app.js'),
    import('./command-api.app.js'),
  ]);
  return runApp(commandApi, config);
});
