import { Transform, Type } from 'class-transformer';

type Holder = Readonly<Record<string, unknown>>;

/**
 * A value that is handed on as it came, no instance of anything. Copying a map item by item, the transformer would call
 * a `constructor` and silently drop a `toString`; as a flag (which the value then replaces) it is not looked into.
 */
export const AsItCame = (): PropertyDecorator => (target, key) => {
  Type(() => Boolean)(target, key);
  Transform(({ obj, key: name }: { obj: Holder; key: string }) => obj[name])(target, key);
};
