import { createServer } from 'node:net';
import { freePlace, type Place } from './listen.js';

const HOST = '127.0.0.1';
const anyPort = { host: HOST, port: 0, given: true };

const listening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });

describe('a place to listen on', () => {
  const places: Place[] = [];
  const take = async (...asked: Parameters<typeof freePlace>) => {
    const place = await freePlace(...asked);
    places.push(place);
    return place;
  };
  afterEach(async () => {
    for (const place of places.splice(0)) await place.release();
  });

  it('is kept from everybody else until it is used', async () => {
    const place = await take(anyPort, 'KEY');
    expect(await listening(place.port)).toBe(false);
    await place.release();
    expect(await listening(place.port)).toBe(true);
    expect(place.address).toBe(`${HOST}:${place.port}`);
  });

  it('is refused where somebody asked for it and it is taken, and another where nobody did', async () => {
    const { port } = await take(anyPort, 'KEY');
    await expect(freePlace({ host: HOST, port, given: true }, 'KEY')).rejects.toThrow(
      /^KEY: another program/,
    );
    const other = await take({ host: HOST, port, given: false }, 'KEY');
    expect(other.port).not.toBe(port);
  });
});
