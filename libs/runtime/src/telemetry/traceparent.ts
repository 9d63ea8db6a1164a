/** W3C Trace Context, version 00: `00-<trace>-<span>-<flags>`. `tracestate` and baggage are free text: neither is read. */
export type TraceContext = Readonly<{ traceId: string; spanId: string; sampled: boolean }>;

export const TRACEPARENT = 'traceparent';

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 0x01;
const NOTHING = /^0+$/;

/** Null: it is none, and what it was is not repeated anywhere. */
export const parseTraceparent = (text: unknown): TraceContext | null => {
  const [, traceId, spanId, flags] = typeof text === 'string' ? (FORM.exec(text) ?? []) : [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
};

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
