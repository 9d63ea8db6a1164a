import type { CommandBus } from '@nestjs/cqrs';
import {
  ApplyCorrection,
  RegisterMember,
  RequestCorrection,
  VerifyRealName,
  type MemberInfo,
} from '@lacuna/application';
import type { memberV1 } from '@lacuna/contracts';
import type { Identity } from '@lacuna/runtime';
import { frameOf } from '../edge/frame.js';
import { memberFieldsUnder, throwInProtoTerms } from '../edge/violations.js';
import type {
  ApplyCorrectionDto,
  MemberInfoDto,
  RegisterMemberDto,
  RequestCorrectionDto,
  VerifyRealNameDto,
} from './member.dto.js';

/** A checked request as a command, and the command's result as an answer: the same for one call and for a stream's record. */
type Call<Dto, Answer> = (commands: CommandBus, identity: Identity, dto: Dto) => Promise<Answer>;

const provided = (info: MemberInfoDto): MemberInfo =>
  Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined));

const violationsUnder = (holder: string) => throwInProtoTerms(memberFieldsUnder(holder));

export const registerMember: Call<RegisterMemberDto, memberV1.RegisterMemberResponse> = async (
  commands,
  identity,
  dto,
) => {
  const command = new RegisterMember(frameOf(identity, dto), provided(dto.info));
  const { memberId, position } = await commands.execute(command).catch(violationsUnder('info'));
  return { memberId, position: String(position) };
};

export const verifyRealName: Call<VerifyRealNameDto, memberV1.VerifyRealNameResponse> = async (
  commands,
  identity,
  dto,
) => {
  const { memberId, name, idNumber } = dto;
  await commands.execute(new VerifyRealName(frameOf(identity, dto), { memberId, name, idNumber }));
  return {};
};

export const requestCorrection: Call<RequestCorrectionDto, memberV1.RequestCorrectionResponse> = async (
  commands,
  identity,
  dto,
) => {
  const { memberId } = dto;
  const command = new RequestCorrection(frameOf(identity, dto), { memberId, changes: provided(dto.changes) });
  const { correctionId, dueAt, position } = await commands.execute(command).catch(violationsUnder('changes'));
  return { correctionId, dueAt, position: String(position) };
};

export const applyCorrection: Call<ApplyCorrectionDto, memberV1.ApplyCorrectionResponse> = async (
  commands,
  identity,
  dto,
) => {
  const { memberId, correctionId } = dto;
  const command = new ApplyCorrection(frameOf(identity, dto), { memberId, correctionId });
  const { position } = await commands.execute(command).catch(violationsUnder('changes'));
  return { position: String(position) };
};
