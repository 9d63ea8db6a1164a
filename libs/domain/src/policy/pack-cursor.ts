import type { Cite, CitedPlace, PackProblem } from './pack.js';

const CITE = /^R\d{3} (own|\d{3}[a-z]?(\.\d)?(§[0-9.]+| p\d+))$/;
const NAME = /^(?=.{1,63}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/;

/** What is said of a place that is not there. */
export const MISSING = 'missing';

type Findings = Readonly<{ problems: PackProblem[]; cited: CitedPlace[] }>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const citeOf = (value: unknown): Cite | null =>
  isObject(value) && typeof value['cite'] === 'string' && CITE.test(value['cite']) ? value['cite'] : null;

/**
 * A place in a parsed pack. Reads what it is asked for and writes down what is wrong, with the clause of the nearest
 * rule around it, so that one load names every fault. What it returns after a fault is never used.
 */
export class PackCursor {
  private constructor(
    private readonly value: unknown,
    readonly path: string,
    readonly cite: Cite | null,
    private readonly findings: Findings,
  ) {}

  static over(raw: unknown): Readonly<{ root: PackCursor; findings: Findings }> {
    const findings: Findings = { problems: [], cited: [] };
    return { root: new PackCursor(raw, '', null, findings), findings };
  }

  /** The place has not the form it should have, or nothing at all. */
  private misshapen(problem: string): void {
    this.fail(this.value === undefined ? MISSING : problem);
  }

  fail(problem: string): void {
    this.findings.problems.push({ path: this.path, problem, cite: this.cite });
  }

  has(key: string): boolean {
    return isObject(this.value) && Object.hasOwn(this.value, key);
  }

  child(key: string): PackCursor {
    const value = isObject(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    const path = this.path === '' ? key : `${this.path}.${key}`;
    return new PackCursor(value, path, citeOf(value) ?? this.cite, this.findings);
  }

  /** Refuses every key but these; `?` ends one that may be missing. A `cite` among them is read and kept. */
  keys(...allowed: readonly string[]): this {
    if (!isObject(this.value)) {
      this.misshapen('must be a map');
      return this;
    }
    const names = allowed.map((key) => key.replace('?', ''));
    for (const key of Object.keys(this.value)) {
      if (!names.includes(key)) this.child(key).fail('unknown key');
    }
    for (const key of allowed) {
      if (!key.endsWith('?') && !this.has(key)) this.child(key).fail(MISSING);
    }
    if (names.includes('cite') && this.has('cite')) this.keepCite(this.value);
    return this;
  }

  private keepCite(value: Record<string, unknown>): void {
    const cite = this.child('cite').citation();
    this.findings.cited.push({ id: this.path, cite, chosen: this.chosenOf(value) });
  }

  private chosenOf(value: Record<string, unknown>): readonly string[] {
    if (!this.has('chosen')) return [];
    const chosen = this.child('chosen').texts();
    for (const key of chosen) {
      if (!Object.hasOwn(value, key)) this.child('chosen').fail(`"${key}" is not a key here`);
    }
    return chosen;
  }

  citation(): Cite {
    const text = this.text();
    if (!CITE.test(text)) this.fail('must cite a requirement and a clause, like "R048 000§4.1"');
    return text;
  }

  text(): string {
    if (typeof this.value === 'string' && this.value !== '') return this.value;
    this.misshapen('must be a text');
    return '';
  }

  wholeNumber(): number {
    if (typeof this.value === 'number' && Number.isSafeInteger(this.value) && this.value > 0)
      return this.value;
    this.misshapen('must be a whole number above 0');
    return 1;
  }

  flag(): boolean {
    if (this.value === undefined) return false;
    if (typeof this.value !== 'boolean') this.misshapen('must be true or false');
    return this.value === true;
  }

  items(): readonly PackCursor[] {
    if (!Array.isArray(this.value)) {
      this.misshapen('must be a list');
      return [];
    }
    return this.value.map(
      (item: unknown, index) =>
        new PackCursor(item, `${this.path}.${String(index)}`, citeOf(item) ?? this.cite, this.findings),
    );
  }

  texts(): readonly string[] {
    const texts = this.items().map((item) => item.text());
    if (new Set(texts).size < texts.length) this.fail('names one thing twice');
    if (texts.length === 0 && Array.isArray(this.value)) this.fail('must not be empty');
    return texts;
  }

  /** One of a closed list of words. */
  oneOf<Word extends string>(words: readonly Word[], kind: string): Word {
    const text = this.text();
    const word = words.find((candidate) => candidate === text);
    if (word === undefined && text !== '') this.fail(`unknown ${kind} "${text}"`);
    return word ?? (words[0] as Word);
  }

  /** A list of words of a closed list; without those that are not. */
  someOf<Word extends string>(words: readonly Word[], kind: string): readonly Word[] {
    const texts = this.texts();
    this.items().forEach((item) => item.oneOf(words, kind));
    return words.filter((word) => texts.includes(word));
  }

  /** A map from names to entries. */
  named<Entry>(read: (entry: PackCursor, name: string) => Entry): ReadonlyMap<string, Entry> {
    if (!isObject(this.value)) {
      this.misshapen('must be a map');
      return new Map();
    }
    return new Map(
      Object.keys(this.value).map((name) => {
        const entry = this.child(name);
        if (!NAME.test(name)) entry.fail('is not a name');
        return [name, read(entry, name)];
      }),
    );
  }
}
