import { Controller, Get, HttpException, HttpStatus, Inject } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import type { HealthRegistry, HealthReport } from '@lacuna/runtime';

export const HEALTH = Symbol('lacuna.health');
export const JWKS = Symbol('lacuna.jwks');

type Health = Readonly<{ ready: boolean; parts: readonly HealthReport[] }>;

/** What an orchestrator asks over HTTP, and the public keys that tokens are verified with. No token needed, no data given. */
@Controller()
export class HealthController {
  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(JWKS) private readonly jwks: JSONWebKeySet | null,
  ) {}

  /** Ready to serve: 200, otherwise 503 with what is not. */
  @Get('health')
  async ready(): Promise<Health> {
    const parts = await this.health.report();
    const ready = parts.every(({ state }) => state === 'serving');
    if (!ready) throw new HttpException({ ready, parts }, HttpStatus.SERVICE_UNAVAILABLE);
    return { ready, parts };
  }

  /** The process runs; whether it serves is another question. */
  @Get('health/live')
  live(): Readonly<{ live: true }> {
    return { live: true };
  }

  @Get('.well-known/jwks.json')
  keys(): JSONWebKeySet {
    if (this.jwks === null) throw new HttpException({ reason: 'NO_ISSUER_HERE' }, HttpStatus.NOT_FOUND);
    return this.jwks;
  }
}
