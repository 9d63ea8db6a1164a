import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Attribute = Readonly<{ key: string; value: Readonly<{ stringValue?: string }> }>;

/** A span as OTLP writes it in JSON. */
export type ExportedSpan = Readonly<{
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  attributes: readonly Attribute[];
  links?: readonly Readonly<{ traceId: string }>[];
}>;

type Exported = Readonly<{
  resourceSpans: readonly Readonly<{
    scopeSpans: readonly Readonly<{ spans: readonly ExportedSpan[] }>[];
  }>[];
}>;

/** An OTLP/HTTP collector that keeps what it is sent, as bytes and as spans. */
export class Collector {
  readonly bodies: string[] = [];
  #server: Server | null = null;

  async open(): Promise<string> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const headers = JSON.stringify(request.headers);
        this.bodies.push(Buffer.concat(parts).toString('utf8'));
        this.headers.push(headers);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    this.#server = server;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  readonly headers: string[] = [];

  get spans(): readonly ExportedSpan[] {
    return this.bodies
      .map((body) => JSON.parse(body) as Exported)
      .flatMap(({ resourceSpans }) => resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans);
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}
