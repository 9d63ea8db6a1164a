import type { CommandBus } from '@nestjs/cqrs';
import { CorrectBehaviour, RecordBehaviours, type BehaviourAnswer } from '@lacuna/application';
import type { behaviourV1 } from '@lacuna/contracts';
import type { Identity } from '@lacuna/runtime';
import { frameOf } from '../edge/frame.js';
import { memberNameOf } from '../edge/member-name.dto.js';
import { detailsUnder, inProtoTerms, throwInProtoTerms } from '../edge/violations.js';
import type { CorrectBehaviourDto, RecordBehaviourDto } from './behaviour.dto.js';

const recordOf = ({ requestId, behaviour }: RecordBehaviourDto) => ({
  recordId: requestId,
  member: memberNameOf(behaviour.member),
  kind: behaviour.kind,
  occurred: behaviour.occurred,
  details: behaviour.details,
});

/** Records handled alike go in one command: a frame says how the data of all of its records is handled. */
const alike = (dtos: readonly RecordBehaviourDto[]): readonly (readonly number[])[] => {
  const groups = new Map<string, number[]>();
  for (const [index, { processing }] of dtos.entries()) {
    const { channel, lawfulBasis, purposes, noticeVersion, provenance } = processing;
    const key = JSON.stringify([channel, lawfulBasis, purposes, noticeVersion, provenance]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return [...groups.values()];
};

const recordAlike = async (
  commands: CommandBus,
  identity: Identity,
  dtos: readonly [RecordBehaviourDto, ...RecordBehaviourDto[]],
): Promise<readonly BehaviourAnswer[]> => {
  try {
    return await commands.execute(new RecordBehaviours(frameOf(identity, dtos[0]), dtos.map(recordOf)));
  } catch (error) {
    return dtos.map(() => ({ kind: 'refused', error }));
  }
};

/** Records all of them together; an answer for each, in their order. Never rejects: a refusal is an answer. */
export const recordBehaviours = async (
  commands: CommandBus,
  identity: Identity,
  dtos: readonly RecordBehaviourDto[],
): Promise<readonly BehaviourAnswer[]> => {
  const answers: BehaviourAnswer[] = [];
  for (const indexes of alike(dtos)) {
    const [first, ...rest] = indexes.flatMap((index) => dtos[index] ?? []);
    if (first === undefined) continue;
    const recorded = await recordAlike(commands, identity, [first, ...rest]);
    for (const [place, index] of indexes.entries())
      answers[index] = recorded[place] ?? { kind: 'refused', error: new Error('a record has no answer') };
  }
  return answers;
};

/** A record's answer in the proto's words; throws what refused it. */
export const responseOf = (
  { behaviour }: RecordBehaviourDto,
  answer: BehaviourAnswer,
): behaviourV1.RecordBehaviourResponse => {
  switch (answer.kind) {
    case 'recorded':
      return { behaviourId: answer.behaviourId, day: answer.day, countedOnly: false };
    case 'counted-only':
      return { behaviourId: '', day: answer.day, countedOnly: true };
    case 'refused':
      throw inProtoTerms(answer.error, detailsUnder('behaviour.', behaviour.kind));
  }
};

export const recordBehaviour = async (
  commands: CommandBus,
  identity: Identity,
  dto: RecordBehaviourDto,
): Promise<behaviourV1.RecordBehaviourResponse> => {
  const [answer] = await recordBehaviours(commands, identity, [dto]);
  return responseOf(dto, answer ?? { kind: 'refused', error: new Error('a record has no answer') });
};

export const correctBehaviour = async (
  commands: CommandBus,
  identity: Identity,
  dto: CorrectBehaviourDto,
): Promise<behaviourV1.CorrectBehaviourResponse> => {
  const { memberId, behaviourId, details } = dto;
  const command = new CorrectBehaviour(frameOf(identity, dto), { memberId, behaviourId, details });
  await commands.execute(command).catch(throwInProtoTerms(detailsUnder('', '')));
  return {};
};
