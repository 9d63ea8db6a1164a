import { Injectable, type PipeTransform } from '@nestjs/common';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { CallError, type FieldViolation } from './call-error.js';
import { assertDecoded } from './call.interceptor.js';

/** `memberLevel` as the proto writes it: `member_level`. */
export const protoName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const violationsIn = (errors: readonly ValidationError[], path = ''): readonly FieldViolation[] =>
  errors.flatMap((error) => {
    const field = `${path}${protoName(error.property)}`;
    return [
      ...Object.values(error.constraints ?? {}).map((rule) => ({ field, rule })),
      ...violationsIn(error.children ?? [], `${field}.`),
    ];
  });

/**
 * Checks a message at the edge and hands it on. The message of each class-validator decorator is the rule's name:
 * violations say field and rule in the proto's words, never the value.
 */
@Injectable()
export class DtoPipe<Dto extends object> implements PipeTransform<unknown, Dto> {
  constructor(private readonly dto: ClassConstructor<Dto>) {}

  transform(message: unknown): Dto {
    assertDecoded(message);
    const instance = plainToInstance(this.dto, message ?? {});
    const violations = violationsIn(
      validateSync(instance, { forbidUnknownValues: true, stopAtFirstError: true }),
    );
    if (violations.length > 0) throw new CallError('FIELD_INVALID', 'a field is not valid', violations);
    return instance;
  }
}
