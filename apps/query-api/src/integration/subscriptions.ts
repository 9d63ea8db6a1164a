import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { CallError } from '@lacuna/contracts';

export type SubscriptionRules = Readonly<{
  /** Subscriptions that one organisation may have open on a server at once. */
  perTenant: number;
  /** At least so often something is said: that the subscription lives, and how far it has come. */
  keepAliveMs: number;
  /** Then it ends, and the subscriber comes again: with a token that still holds, under the pack of that day. */
  lastsMs: number;
}>;

export const subscriptionRules: SubscriptionRules = {
  perTenant: 32,
  keepAliveMs: 10_000,
  lastsMs: 15 * 60_000,
};

/** Injects the `SubscriptionRules`. */
export const SUBSCRIPTION_RULES = Symbol('lacuna.subscription-rules');

/** One that is open. `signal` aborts when it is to end, whatever the reason. */
export type OpenSubscription = Readonly<{ signal: AbortSignal; keepAliveMs: number; close(): void }>;

/** The subscriptions of this process: how many, how long, and that they end when it stops. */
@Injectable()
export class Subscriptions implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly open = new Map<string, number>();

  constructor(@Inject(SUBSCRIPTION_RULES) private readonly rules: SubscriptionRules) {}

  /** `SUBSCRIPTION_LIMIT` where an organisation has as many as it may, `SHUTTING_DOWN` where this process stops. */
  begin(tenant: string, gone: AbortSignal): OpenSubscription {
    this.assertServing();
    const before = this.open.get(tenant) ?? 0;
    if (before >= this.rules.perTenant)
      throw new CallError('SUBSCRIPTION_LIMIT', 'as many subscriptions as there may be are open');
    this.open.set(tenant, before + 1);
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), this.rules.lastsMs).unref();
    let isOpen = true;
    return {
      signal: AbortSignal.any([gone, this.stopping.signal, over.signal]),
      keepAliveMs: this.rules.keepAliveMs,
      close: () => {
        clearTimeout(timer);
        if (isOpen) this.open.set(tenant, (this.open.get(tenant) ?? 1) - 1);
        isOpen = false;
      },
    };
  }

  /** A subscriber goes on at another process at once, and knows that this one did not come to an end by itself. */
  assertServing(): void {
    if (this.stopping.signal.aborted) throw new CallError('SHUTTING_DOWN', 'this server stops');
  }

  onModuleDestroy(): void {
    this.stopping.abort();
  }
}
