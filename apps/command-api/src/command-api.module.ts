import { Module } from '@nestjs/common';
import { ActivityController } from './activity/activity.controller.js';
import { BehaviourImportController } from './behaviour/behaviour-import.controller.js';
import { BehaviourController } from './behaviour/behaviour.controller.js';
import { ErasureController } from './erasure/erasure.controller.js';
import { ImportsController } from './imports/imports.controller.js';
import { MemberController } from './member/member.controller.js';
import { MemberStreamController } from './member/member-stream.controller.js';

/**
 * Commands over gRPC. Needs in scope, from global modules: the `CqrsModule` with the application's handlers, and
 * `POLICY_PACKS`.
 */
@Module({
  controllers: [
    ActivityController,
    BehaviourController,
    BehaviourImportController,
    ErasureController,
    ImportsController,
    MemberController,
    MemberStreamController,
  ],
})
export class CommandApiModule {}
