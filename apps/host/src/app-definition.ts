import type { DynamicModule, Type } from '@nestjs/common';
import type { ProtoPackage } from '@lacuna/contracts';
import type { AppName } from '@lacuna/runtime';
import type { HostParts } from './host-parts.js';

/** What one app is, as the host runs it: everything else is the same for all. */
export type AppDefinition = Readonly<{
  name: AppName;
  /** What it serves over gRPC; none: it serves health over HTTP only. */
  packages: readonly ProtoPackage[];
  /** Whether keys are within its reach. A replayable app has none. */
  opensCustody: boolean;
  /** Its Nest modules, on what the host has opened (in scope already, from global modules). */
  modules: (parts: HostParts) => readonly (Type | DynamicModule)[];
}>;
