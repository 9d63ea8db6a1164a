import { runProcess } from '../../host/src/run-process.js';

await runProcess('query-api', async (config) => {
  const [{ runApp }, { queryApi }] = await Promise.all([
    import('../../host/src/run-app.js'),
    import('./query-api.app.js'),
  ]);
  return runApp(queryApi, config);
});
