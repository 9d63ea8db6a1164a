import { createServer } from 'node:net';
import { Controller, Module, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import {
  DtoPipe,
  grpcServerOptions,
  logFailure,
  packageDefinition,
  ServingHealth,
  toStatus,
  type memberV1,
  type ProtoPackage,
} from '@lacuna/contracts';
import { authenticateCalls, HEALTH_PREFIX } from '@lacuna/runtime';
import { CommandApiModule } from '../../../apps/command-api/src/index.js';
import { RegisterMemberDto } from '../../../apps/command-api/src/member/member.dto.js';
import type { House } from '../house.js';
import type { BenchIssuer } from './bench-issuer.js';

export type Served = Readonly<{ url: string; stop(): Promise<void> }>;

const PACKAGES: readonly ProtoPackage[] = ['lacuna.member.v1'];

const freeAddress = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(`127.0.0.1:${port}`));
    });
  });

const serve = async (url: string, root: Type, options: MicroserviceOptions): Promise<Served> => {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest types its options as a class, and takes literals
  const app: INestMicroservice = await NestFactory.createMicroservice<MicroserviceOptions>(root, options);
  await app.listen();
  return { url, stop: () => app.close() };
};

/** command-api as the product serves it: tokens, checks, error map, the handlers on the house's stores. */
export const serveCommands = async (house: House, { verifier }: BenchIssuer): Promise<Served> => {
  @Module({ imports: [...house.modules, CommandApiModule] })
  class Commands {}
  const url = await freeAddress();
  const health = new ServingHealth(PACKAGES);
  const refuse = (error: unknown) => toStatus(error, logFailure);
  const interceptors = [authenticateCalls({ verifier, refuse, open: [HEALTH_PREFIX] })];
  return serve(url, Commands, grpcServerOptions({ url, packages: PACKAGES, health, interceptors }));
};

@Controller()
class EchoController {
  @GrpcMethod('MemberService', 'RegisterMember')
  registerMember(
    @Payload(new DtoPipe(RegisterMemberDto)) request: RegisterMemberDto,
  ): memberV1.RegisterMemberResponse {
    return { memberId: request.requestId, position: '1' };
  }
}

@Module({ controllers: [EchoController] })
class Echo {}

/** The least that a registration over Nest's gRPC costs: the same message, the same checks of it, and nothing done. */
export const serveEcho = async (): Promise<Served> => {
  const url = await freeAddress();
  return serve(url, Echo, {
    transport: Transport.GRPC,
    options: { url, package: [...PACKAGES], packageDefinition: packageDefinition(PACKAGES) },
  });
};
