import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { queryV1 } from '@lacuna/contracts';

export class GetStatus extends Query<queryV1.GetStatusResponse> {
  constructor(readonly caller: Caller) {
    super();
  }
}

export class GetServerInfo extends Query<queryV1.GetServerInfoResponse> {
  constructor(readonly caller: Caller) {
    super();
  }
}
