import { randomInt } from 'node:crypto';
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { Lots } from './lots.js';
import { METRICS, type LabelsOf, type LabelValues, type MetricName } from './metric-names.js';
import { OTHER, listed, type Vocabulary } from './vocabulary.js';

type Labels = Readonly<Record<string, string>>;
type Given<Name extends MetricName> = LabelsOf<Name> extends null ? [] : [labels: LabelsOf<Name>];

/** How far a place in the log is shown: an event that passes a step is one of a thousand. */
const STEP = 1_000n;

/**
 * Something of ours is broken: whoever runs it learns of that at once. It is the answer to a call that failed, whatever
 * was asked, and dates nothing that somebody did; how long it took stays in lots with the others.
 */
const BROKEN: readonly string[] = ['INTERNAL', OTHER];

const optionsOf = (name: MetricName, registry: Registry) => {
  const { help, labels } = METRICS[name];
  return { name, help, labelNames: Object.keys(labels ?? {}), registers: [registry] };
};

/**
 * The figures of a process, as Prometheus reads them. Names, labels and the values of labels are a closed list
 * (`metric-names.ts`): whatever is handed in, nothing of a person, a request or the log can become part of a figure.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter<string>>();
  readonly #gauges = new Map<MetricName, Gauge<string>>();
  readonly #histograms = new Map<MetricName, Histogram<string>>();
  readonly #lots = new Map<string, Lots>();
  readonly #readers: (() => Promise<void> | void)[] = [];
  // Drawn once and told to nobody: which event passes a step is known to nobody who sees the step.
  readonly #offset = BigInt(randomInt(Number(STEP)));

  constructor(private readonly vocabulary: Vocabulary) {
    for (const name of Object.keys(METRICS) as MetricName[]) this.#make(name);
    const { app, version } = vocabulary;
    this.set('lacuna_build_info', 1, { app, version });
  }

  /** Counts up, by 1 where nothing else is said. */
  count<Name extends MetricName>(name: Name, by: number, ...[labels]: Given<Name>): void {
    const made = this.#of(this.#counters, name);
    const checked = this.#checked(name, labels);
    const act = (): void => made.inc(checked, by);
    if (BROKEN.includes(checked['code'] ?? '')) act();
    else this.#inLots(name, checked, act);
  }

  /** Puts one duration into a histogram. */
  observe<Name extends MetricName>(name: Name, seconds: number, ...[labels]: Given<Name>): void {
    const made = this.#of(this.#histograms, name);
    const checked = this.#checked(name, labels);
    this.#inLots(name, checked, () => made.observe(checked, seconds));
  }

  /** Says what a figure is now. */
  set<Name extends MetricName>(name: Name, value: number, ...[labels]: Given<Name>): void {
    this.#of(this.#gauges, name).set(this.#checked(name, labels), value);
  }

  /** A place in the log, in steps. */
  setPlace<Name extends MetricName>(name: Name, place: bigint, ...labels: Given<Name>): void {
    this.set(name, this.#shown(place), ...labels);
  }

  /**
   * How far a place lies behind another: the difference of what is shown of both. Behind a place that stands still, an
   * exact distance would be the exact place of the other one.
   */
  setLag<Name extends MetricName>(name: Name, ahead: bigint, place: bigint, ...labels: Given<Name>): void {
    this.set(name, Math.max(0, this.#shown(ahead) - this.#shown(place)), ...labels);
  }

  /** Nothing is known of it any more: a figure that stands still would be a lie. */
  forget(...names: readonly MetricName[]): void {
    for (const name of names) {
      const gauge = this.#of(this.#gauges, name);
      gauge.reset();
      // Without labels it would say 0 from now on.
      if (METRICS[name].labels === null) gauge.remove();
    }
  }

  /** Asked at every scrape, before it is answered. One that throws leaves out what it would have said. */
  onScrape(read: () => Promise<void> | void): void {
    this.#readers.push(read);
  }

  /** All figures in Prometheus's text form. */
  async text(): Promise<string> {
    await Promise.allSettled(this.#readers.map(async (read) => read()));
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #shown(place: bigint): number {
    const behind = place > this.#offset ? place - this.#offset : 0n;
    return Number((behind / STEP) * STEP);
  }

  #make(name: MetricName): void {
    const { kind, buckets = [] } = METRICS[name];
    const options = optionsOf(name, this.#registry);
    switch (kind) {
      case 'counter':
        this.#counters.set(name, new Counter(options));
        break;
      case 'gauge':
        this.#gauges.set(name, new Gauge(options));
        this.forget(name);
        break;
      case 'histogram':
        this.#histograms.set(name, new Histogram({ ...options, buckets: [...buckets] }));
    }
  }

  #of<Kind>(made: ReadonlyMap<MetricName, Kind>, name: MetricName): Kind {
    const found = made.get(name);
    if (found === undefined) throw new Error(`${name} is no such figure`);
    return found;
  }

  #checked(name: MetricName, labels: Labels | null | undefined): Labels {
    const declared: Readonly<Record<string, LabelValues>> = METRICS[name].labels ?? {};
    return Object.fromEntries(
      Object.entries(declared).map(([label, values]) => [
        label,
        listed(this.#valuesOf(values), labels?.[label] ?? ''),
      ]),
    );
  }

  #valuesOf(values: LabelValues): readonly string[] {
    switch (values) {
      case 'codes':
        return ['OK', 'INTERNAL', ...this.vocabulary.codes];
      case 'app':
        return [this.vocabulary.app];
      case 'version':
        return [this.vocabulary.version];
      default:
        return values;
    }
  }

  #inLots(name: MetricName, labels: Labels, act: () => void): void {
    const { apart } = METRICS[name];
    const isApart = apart === true || (apart?.values.includes(labels[apart.label] ?? '') ?? false);
    if (!isApart) {
      act();
      return;
    }
    const key = [name, ...Object.values(labels)].join(' ');
    const lots = this.#lots.get(key) ?? new Lots();
    this.#lots.set(key, lots);
    lots.add(act);
  }
}
