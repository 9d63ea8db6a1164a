import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Metrics } from '@lacuna/runtime';
import { METRICS_OF_PROCESS } from '../host.tokens.js';

/** What we need of an Express response. */
type Response = Readonly<{ type(contentType: string): unknown }>;

/** For Prometheus. No token: nothing in it is about a person, and nothing dates what somebody did. */
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS_OF_PROCESS) private readonly metrics: Metrics) {}

  @Get()
  async read(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
