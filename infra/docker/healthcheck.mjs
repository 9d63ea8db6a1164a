/**
 * For HEALTHCHECK: ends with 0 when this container's app says that it is ready. Asks where LACUNA_HTTP_ADDRESS says it
 * listens; an address for all interfaces is asked on the loopback one.
 */
const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(process.env.LACUNA_HTTP_ADDRESS ?? '') ?? [];
const asked = host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host;

try {
  const answer = await fetch(`http://${asked}:${port}/health/ready`, { signal: AbortSignal.timeout(4_000) });
  process.exit(answer.ok ? 0 : 1);
} catch {
  process.exit(1);
}
