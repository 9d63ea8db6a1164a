import { runProcess } from '../../host/src/run-process.js';

await runProcess('reactor', async (config) => {
  const [{ runApp }, { reactor }] = await Promise.all([
    import('../../host/src/run-app.js'),
    import('./reactor.app.js'),
  ]);
  return runApp(reactor, config);
});
