import { Injectable, type PipeTransform } from '@nestjs/common';
import { CallError, DtoPipe, type behaviourV1, type FieldViolation } from '@lacuna/contracts';
import { areDetails } from '../edge/details.decorator.js';
import { ROW_FORM } from '../imports/imports.dto.js';
import { ImportChunkDto } from './behaviour-import.dto.js';

type Check = Readonly<{ field: string; rule: string; holds: boolean }>;

const memberChecks = (member: behaviourV1.Behaviour['member']): readonly Check[] => {
  if (member === undefined) return [];
  const { length } = member.value;
  return [{ field: 'behaviour.member.value', rule: 'length', holds: length >= 1 && length <= 64 }];
};

const checksOf = ({ row, line, behaviour }: behaviourV1.ImportedRow): readonly Check[] => [
  { field: 'row', rule: 'whole-number', holds: ROW_FORM.test(row) },
  { field: 'line', rule: 'whole-number', holds: ROW_FORM.test(line) },
  { field: 'behaviour', rule: 'required', holds: behaviour !== undefined },
  ...memberChecks(behaviour?.member),
  {
    field: 'behaviour.details',
    rule: 'details',
    holds: behaviour === undefined || areDetails(behaviour.details),
  },
];

const violationsOf = (row: behaviourV1.ImportedRow, index: number): readonly FieldViolation[] =>
  checksOf(row)
    .filter(({ holds }) => !holds)
    .map(({ field, rule }) => ({ field: `rows.${String(index)}.${field}`, rule }));

/**
 * As `DtoPipe`, its rows checked by hand: a chunk has hundreds of them, and decorators took longer over a row than its
 * sealing does. What is wrong inside a behaviour is a reject of its line, not the end of the chunk.
 */
@Injectable()
export class ImportChunkPipe implements PipeTransform<unknown, ImportChunkDto> {
  readonly #head = new DtoPipe(ImportChunkDto);

  transform(message: unknown): ImportChunkDto {
    const chunk = this.#head.transform(message);
    const violations = chunk.rows.flatMap(violationsOf);
    if (violations.length > 0) throw new CallError('FIELD_INVALID', 'a field is not valid', violations);
    return chunk;
  }
}
