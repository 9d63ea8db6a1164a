import { registerDecorator } from 'class-validator';

/** A class-validator decorator out of a predicate; `rule` is what a violation says. */
export const HasForm =
  (rule: string, holds: (value: unknown) => boolean): PropertyDecorator =>
  (target, property): void => {
    registerDecorator({
      name: rule,
      target: target.constructor,
      propertyName: String(property),
      options: { message: rule },
      validator: { validate: holds },
    });
  };
