import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { HealthRegistry } from '@lacuna/runtime';
import { HEALTH } from '../host.tokens.js';

/** What we need of an Express response. */
type Response = Readonly<{ status(code: number): unknown }>;

type Health = Readonly<{ status: 'serving' | 'not-serving'; parts?: readonly object[] }>;

/** For orchestrators: `live` says that the process runs, `ready` that it can serve. No token, nothing personal. */
@Controller('health')
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: HealthRegistry) {}

  @Get('live')
  live(): Health {
    return { status: 'serving' };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Health> {
    const parts = await this.health.report();
    const isReady = parts.every(({ state }) => state === 'serving');
    if (!isReady) response.status(503);
    return { status: isReady ? 'serving' : 'not-serving', parts };
  }
}
