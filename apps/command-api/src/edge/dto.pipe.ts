import { Injectable, type PipeTransform } from '@nestjs/common';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { assertDecoded } from '@lacuna/contracts';
import { LacunaError, type Violation } from '@lacuna/domain/kernel';
import { protoName } from './proto-name.js';

const violationsIn = (errors: readonly ValidationError[], path = ''): readonly Violation[] =>
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
    const instance = plainToInstance(this.dto, message);
    const violations = violationsIn(
      validateSync(instance, { forbidUnknownValues: true, stopAtFirstError: true }),
    );
    if (violations.length > 0) throw new LacunaError('FIELD_INVALID', 'a field is not valid', violations);
    return instance;
  }
}
