type Request = Readonly<{ headers: Readonly<{ host?: string }> }>;
type Response = Readonly<{ status(code: number): Readonly<{ json(body: object): unknown }> }>;

const NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses requests that do not name this machine. A page in a browser can have its own name resolve to 127.0.0.1
 * (DNS rebinding) and then read answers, a demo token among them; the Host header still tells.
 */
export const loopbackHost = ({ headers }: Request, response: Response, next: () => void): void => {
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (NAMES.has(name)) next();
  else response.status(421).json({ error: 'HOST_NOT_LOOPBACK' });
};
