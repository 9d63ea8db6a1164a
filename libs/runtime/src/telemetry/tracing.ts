import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { Lots } from './lots.js';
import { admitted, type SpanAttributes, type SpanName } from './span-names.js';
import { formatTraceparent, parseTraceparent, type TraceContext } from './traceparent.js';
import type { Vocabulary } from './vocabulary.js';

export type SpanOptions = Readonly<{
  attributes?: SpanAttributes;
  /** The traceparent that came from outside: this span goes on from it. Left out: from the span under way. */
  parent?: unknown;
  /** Traceparents of what led here, where it was several things or long ago. */
  links?: readonly unknown[];
  /**
   * A trace of its own: no caller's above it, nothing below it, no time finer than the day, and given out in a lot of
   * its like. For what leaves a behaviour or a sign-up in the log.
   */
  apart?: boolean;
}>;

/** A span under way. */
export type OpenSpan = Readonly<{ say(attributes: SpanAttributes): void; failed(code: string): void }>;

type Place = Readonly<{ span: Span | null; apart: boolean }> & { isTaken: boolean };

const places = new AsyncLocalStorage<Place>();
const MOST_LINKS = 32;
const SILENT: OpenSpan = { say: () => undefined, failed: () => undefined };

const contextOf = ({ traceId, spanId, sampled }: TraceContext): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
});

const parentOf = ({ parent }: SpanOptions, place: Place | undefined): Context => {
  if (place?.span) return trace.setSpan(ROOT_CONTEXT, place.span);
  const remote = parseTraceparent(parent);
  return remote === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(remote));
};

const linksOf = ({ links = [] }: SpanOptions): Link[] => {
  const found = new Map<string, Link>();
  for (const text of links) {
    const context = parseTraceparent(text);
    if (context !== null && found.size < MOST_LINKS)
      found.set(context.spanId, { context: contextOf(context) });
  }
  return [...found.values()];
};

/** A code of ours, or that it was none: an error's words are never repeated. */
export const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'INTERNAL';
};

const DAY_MS = 86_400_000;

class OtelTracing {
  readonly #lots = new Lots();

  constructor(
    private readonly provider: TracerProvider,
    private readonly tracer: Tracer,
    private readonly vocabulary: Vocabulary,
  ) {}

  run<T>(name: SpanName, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    return options.apart === true ? this.#apart(name, options, work) : this.#within(name, options, work);
  }

  close(): Promise<void> {
    return this.provider.shutdown();
  }

  async #within<T>(name: SpanName, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const links = linksOf(options);
    const attributes = this.#said(options);
    const span = this.tracer.startSpan(name, { attributes, links }, parentOf(options, places.getStore()));
    try {
      return await this.#do(span, false, work);
    } finally {
      span.end();
    }
  }

  async #apart<T>(name: SpanName, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const began = performance.now();
    const day = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const span = this.tracer.startSpan(
      name,
      { attributes: this.#said(options), startTime: new Date(day) },
      ROOT_CONTEXT,
    );
    try {
      return await this.#do(span, true, work);
    } finally {
      const end = new Date(day + Math.ceil(performance.now() - began));
      this.#lots.add(() => span.end(end));
    }
  }

  async #do<T>(span: Span, apart: boolean, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const say = (attributes: SpanAttributes): void => {
      span.setAttributes(admitted(attributes, this.vocabulary));
    };
    const failed = (code: string): void => {
      say({ 'lacuna.code': code });
      span.setStatus({ code: SpanStatusCode.ERROR });
    };
    try {
      return await places.run({ span, apart, isTaken: false }, () => work({ say, failed }));
    } catch (error) {
      failed(codeOf(error));
      throw error;
    }
  }

  #said({ attributes = {} }: SpanOptions): Record<string, string> {
    return admitted(attributes, this.vocabulary);
  }
}

let tracing: OtelTracing | null = null;

export type TracingOptions = Readonly<{
  vocabulary: Vocabulary;
  /** Where an OTLP/HTTP receiver listens (`http://127.0.0.1:4318/v1/traces`), or what takes the spans in its place. */
  to: string | SpanExporter;
  /** How long spans gather before they are sent. */
  gatherMs?: number;
}>;

/**
 * Traces this process from now on, and gives the way to end it: what is under way is sent, for so long. Nothing is
 * registered with OpenTelemetry's own globals: a library that traces by itself would say what it likes.
 */
export const startTracing = ({ vocabulary, to, gatherMs = 2_000 }: TracingOptions): (() => Promise<void>) => {
  const exporter = typeof to === 'string' ? new OTLPTraceExporter({ url: to, timeoutMillis: 5_000 }) : to;
  const provider = new TracerProvider({
    // Said here in full: what OpenTelemetry would find by itself holds the host's name and the command line.
    resource: resourceFromAttributes({
      'service.name': `lacuna-${vocabulary.app}`,
      'service.version': vocabulary.version,
    }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: gatherMs, exportTimeoutMillis: 5_000 }),
    ],
    spanLimits: { linkCountLimit: MOST_LINKS, eventCountLimit: 0 },
  });
  const started = new OtelTracing(provider, provider.getTracer('lacuna'), vocabulary);
  tracing = started;
  return async () => {
    if (tracing === started) tracing = null;
    await started.close();
  };
};

/** Does the work in a span, where the process is traced; inside of what is apart, in none. */
export const inSpan = <T>(
  name: SpanName,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> => {
  if (tracing === null || places.getStore()?.apart === true) return work(SILENT);
  return tracing.run(name, options, work);
};

/**
 * Does what follows from events of the log in a span that links their traces; where none of them has one, in no span:
 * its time would be the only time that they have.
 */
export const inLinkedSpan = <T>(
  name: SpanName,
  traces: readonly (string | undefined)[],
  work: () => Promise<T>,
): Promise<T> => {
  const links = traces.filter((trace) => trace !== undefined);
  return links.length === 0 ? work() : inSpan(name, { links }, work);
};

/** Keeps everything below out of any trace but one of its own. */
export const outOfTrace = <T>(work: () => T): T =>
  places.run({ span: null, apart: false, isTaken: false }, work);

const contextUnderWay = (apart: boolean): TraceContext | null => {
  const place = places.getStore();
  if (tracing === null || !place?.span || place.apart !== apart) return null;
  const { traceId, spanId, traceFlags } = place.span.spanContext();
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return sampled ? { traceId, spanId, sampled } : null;
};

const written = (context: TraceContext | null): string | null =>
  context === null ? null : formatTraceparent(context);

/** The traceparent of the span under way, to hand on; null: none, or one that nobody keeps, or one apart. */
export const currentTrace = (): string | null => written(contextUnderWay(false));

/**
 * As `currentTrace`, of a span that is apart, and once: whoever takes it seals it with one event, so that no trace ties
 * two of them.
 */
export const takeApartTrace = (): string | null => {
  const place = places.getStore();
  if (place?.isTaken !== false) return null;
  place.isTaken = true;
  return written(contextUnderWay(true));
};

/** What a line of the log says of the trace it was written in. */
export const traceFields = (): Readonly<{ trace?: string; span?: string }> => {
  const context = contextUnderWay(false);
  return context === null ? {} : { trace: context.traceId, span: context.spanId };
};
