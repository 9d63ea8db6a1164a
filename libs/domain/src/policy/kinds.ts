import type { FormItem, PolicyPack } from './pack.js';

/** The kinds of what is recorded in a category, each with its form: its fields that have one. */
export const kindsOf = (
  pack: PolicyPack,
  category: string,
): ReadonlyMap<string, ReadonlyMap<string, FormItem>> =>
  new Map(
    [...pack.fields].flatMap(([name, field]) =>
      field.category === category && field.form !== null ? [[name, field.form] as const] : [],
    ),
  );

/** The form of one kind; null: the category has no such kind. */
export const formOf = (
  pack: PolicyPack,
  category: string,
  kind: string,
): ReadonlyMap<string, FormItem> | null => {
  const field = pack.fields.get(kind);
  return field?.category === category ? field.form : null;
};
