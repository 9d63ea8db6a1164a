import { registerDecorator } from 'class-validator';
import { memberFieldRules, type MemberField } from '@lacuna/domain/member';
import { idNumberRule, nameRule, type FieldRule } from '@lacuna/domain/validators';

const byRule =
  (rule: FieldRule) =>
  (): PropertyDecorator =>
  (target, property): void => {
    const field = String(property);
    const broken = (value: unknown): string | null =>
      typeof value === 'string' ? (rule(field, value)?.rule ?? null) : 'text';
    registerDecorator({
      name: 'domainRule',
      target: target.constructor,
      propertyName: field,
      validator: {
        validate: (value: unknown) => broken(value) === null,
        defaultMessage: (violated) => broken(violated?.value) ?? 'invalid',
      },
    });
  };

/** The domain's own rule for a member's field, asked at the edge: the rule is written once, in the domain. */
export const IsMemberField = (field: MemberField): PropertyDecorator => byRule(memberFieldRules[field])();

export const IsIdNumber = byRule(idNumberRule);
export const IsPersonName = byRule(nameRule);
