import { runProcess } from '../../host/src/run-process.js';

await runProcess('projector', async (config) => {
  const [{ runApp }, { projector }] = await Promise.all([
    import('../../host/src/run-app.js'),
    import('./projector.app.js'),
  ]);
  return runApp(projector, config);
});
