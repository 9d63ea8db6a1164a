import type { IntegrationEvent } from '@lacuna/domain/integration';

/**
 * Where integration events go. Opened by whoever holds the lease of the relay: when an opening resolves, every
 * publisher that was opened before under the same name is fenced, and can make nothing visible any more.
 */
export interface IntegrationPublisher {
  /**
   * Resolves when all of it is durable and visible, in this order per key; called again only after it has resolved.
   * When it throws the outcome is unknown: close this publisher, open another one, and publish the same again. It ends
   * soon after `signal` aborts.
   */
  publish(batch: readonly IntegrationEvent[], signal: AbortSignal): Promise<void>;
  /** Never throws. What was under way and not resolved may be visible or not; nothing of it happens later. */
  close(): Promise<void>;
}

/**
 * `name`: one for each store that is published, the same for ever. An opening that failed, or that `signal` has ended,
 * fences nobody afterwards.
 */
export type OpenPublisher = (name: string, signal: AbortSignal) => Promise<IntegrationPublisher>;
