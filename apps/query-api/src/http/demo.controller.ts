import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Post, UseFilters } from '@nestjs/common';
import { POLICY_PACKS } from '@lacuna/application';
import { CallError, DtoPipe } from '@lacuna/contracts';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { DemoIssuer, DemoToken } from '@lacuna/runtime';
import { DEMO_ISSUER } from '../query-api.ports.js';
import { DemoTokenDto } from './demo-token.dto.js';
import { HttpErrorFilter } from './http-error.filter.js';

/** Tokens for trying it out. Where no demo issuer runs, nothing is here. */
@Controller()
@UseFilters(HttpErrorFilter)
export class DemoController {
  constructor(
    @Inject(DEMO_ISSUER) private readonly issuer: DemoIssuer | null,
    @Inject(POLICY_PACKS) private readonly packs: ReadonlyMap<string, PolicyPack>,
  ) {}

  @Get('.well-known/jwks.json')
  keys(): DemoIssuer['jwks'] {
    return this.open().jwks;
  }

  @Post('demo/token')
  @HttpCode(200)
  token(@Body(new DtoPipe(DemoTokenDto)) request: DemoTokenDto): Promise<DemoToken> {
    const issuer = this.open();
    const pack = this.packs.get(request.tenant);
    if (pack === undefined) throw unlisted('tenant');
    if (!pack.roles.has(request.role)) throw unlisted('role');
    return issuer.issue(request);
  }

  private open(): DemoIssuer {
    if (this.issuer === null) throw new NotFoundException();
    return this.issuer;
  }
}

const unlisted = (field: string): CallError =>
  new CallError('FIELD_INVALID', 'a field is not valid', [{ field, rule: 'unlisted' }]);
