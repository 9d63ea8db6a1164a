/** Something that may stand nowhere: what it is, and how it would be written. */
export type Secret = Readonly<{ what: string; value: string }>;

/** What was said, by where it was said. */
export type Said = Readonly<Record<string, string>>;

export type Leak = Readonly<{ what: string; where: string; form: string }>;

const without = (text: string, pattern: RegExp): string => text.replaceAll(pattern, '');

// A value that changed its clothes on the way is still the value.
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  'as it is': (value) => value,
  'without hyphens': (value) => without(value, /-/g),
  'in base64': (value) => without(Buffer.from(value).toString('base64'), /=+$/g),
  'in hex': (value) => Buffer.from(value).toString('hex'),
  'as a URL': (value) => encodeURIComponent(value),
  'as JSON': (value) => JSON.stringify(value).slice(1, -1),
  'as ASCII JSON': (value) =>
    value.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

/** Every secret that stands anywhere in what was said, in whatever form. */
export const leaksIn = (said: Said, secrets: readonly Secret[]): readonly Leak[] => {
  const texts = Object.entries(said).map(([where, text]) => [where, text.toLowerCase()] as const);
  const each = new Map(secrets.map((secret) => [secret.value, secret])).values();
  return [...each].flatMap(({ what, value }) =>
    Object.entries(FORMS).flatMap(([form, write]) => {
      const needle = write(value).toLowerCase();
      return texts.filter(([, text]) => text.includes(needle)).map(([where]) => ({ what, where, form }));
    }),
  );
};
