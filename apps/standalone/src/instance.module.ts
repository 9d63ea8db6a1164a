import { Module, type DynamicModule } from '@nestjs/common';
import { CLOCK, POLICY_PACKS } from '@lacuna/application';
import { CUSTODY } from '@lacuna/custody';
import { EVENT_STORE } from '@lacuna/event-store';
import type { Instance } from './instance.js';

/** What the instance has opened, for every app to inject. It is closed by the process, after the apps. */
@Module({})
export class InstanceModule {
  static of({ clock, custody, packs, store }: Instance): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: clock },
      { provide: CUSTODY, useValue: custody },
      { provide: EVENT_STORE, useValue: store },
      { provide: POLICY_PACKS, useValue: packs },
    ];
    return { module: InstanceModule, global: true, providers, exports: providers };
  }
}
