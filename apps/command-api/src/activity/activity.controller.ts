import { CommandBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { AnnounceActivity, EndActivity, SignUp } from '@lacuna/application';
import { DtoPipe, GrpcController, instantOf, type activityV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { frameOf } from '../edge/frame.js';
import { memberNameOf } from '../edge/member-name.dto.js';
import { detailsUnder, throwInProtoTerms } from '../edge/violations.js';
import { AnnounceActivityDto, EndActivityDto, SignUpDto } from './activity.dto.js';

/** The organisation's activities and who signs up (R042, R049). */
@GrpcController()
export class ActivityController {
  constructor(private readonly commands: CommandBus) {}

  @GrpcMethod('ActivityService', 'AnnounceActivity')
  async announceActivity(
    @Payload(new DtoPipe(AnnounceActivityDto)) request: AnnounceActivityDto,
    @CallerIdentity() identity: Identity,
  ): Promise<activityV1.AnnounceActivityResponse> {
    const { title } = request;
    const plannedEnd = instantOf(request.plannedEnd) ?? request.plannedEnd;
    const command = new AnnounceActivity(frameOf(identity, request), { title, plannedEnd });
    const { activityId, position } = await this.commands.execute(command);
    return { activityId, position: String(position) };
  }

  @GrpcMethod('ActivityService', 'SignUp')
  async signUp(
    @Payload(new DtoPipe(SignUpDto)) request: SignUpDto,
    @CallerIdentity() identity: Identity,
  ): Promise<activityV1.SignUpResponse> {
    const { activityId, details } = request;
    const data = { activityId, details, member: memberNameOf(request.member) };
    const { participantId } = await this.commands
      .execute(new SignUp(frameOf(identity, request), data))
      .catch(throwInProtoTerms(detailsUnder('', 'sign-up')));
    return { participantId };
  }

  @GrpcMethod('ActivityService', 'EndActivity')
  async endActivity(
    @Payload(new DtoPipe(EndActivityDto)) request: EndActivityDto,
    @CallerIdentity() identity: Identity,
  ): Promise<activityV1.EndActivityResponse> {
    const command = new EndActivity(frameOf(identity, request), { activityId: request.activityId });
    const { endedAt, position } = await this.commands.execute(command);
    return { endedAt, position: String(position) };
  }
}
