import type { GrpcOptions } from '@nestjs/microservices';
import { limits } from './limits.js';
import { grpcServerOptions, ServingHealth } from './server-options.js';

const PACKAGES = ['lacuna.member.v1'] as const;

const optionsOf = (): GrpcOptions['options'] =>
  grpcServerOptions({
    url: '127.0.0.1:0',
    packages: PACKAGES,
    health: new ServingHealth(PACKAGES),
    interceptors: [],
  }).options;

it('F05 gives a connection an age, a grace, an end when it is idle, and asks whether anybody is there', () => {
  expect(optionsOf().channelOptions).toMatchObject({
    'grpc.max_connection_age_ms': limits.maxConnectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.maxConnectionGraceMs,
    'grpc.max_connection_idle_ms': limits.maxConnectionIdleMs,
    'grpc.keepalive_time_ms': limits.pingMs,
    'grpc.keepalive_timeout_ms': limits.pingAnswerMs,
    'grpc.max_concurrent_streams': limits.maxConcurrentCalls,
  });
  for (const limit of [limits.maxConnectionAgeMs, limits.maxConnectionGraceMs, limits.maxConnectionIdleMs]) {
    expect(limit).toBeGreaterThan(0);
    expect(limit).toBeLessThanOrEqual(3_600_000);
  }
});

it('F04 takes no message and no metadata beyond the limits that it states', () => {
  expect(optionsOf()).toMatchObject({
    maxReceiveMessageLength: limits.maxMessageBytes,
    maxMetadataSize: limits.maxMetadataBytes,
    gracefulShutdown: true,
  });
});
