import type { ClosableEventStore } from '../event-store.port.js';
import { aName, aRequest, batchesOf } from './sample-events.js';

/** Closing: nothing under way is lost, nothing new is taken, nobody waits for ever. */
export const closingCases = (open: () => Promise<ClosableEventStore>): void => {
  it('answers what is under way, ends subscriptions, then refuses; closing twice is closing', async () => {
    const store = await open();
    const subscription = batchesOf(store.subscribe(await store.head()));
    const appends = Array.from({ length: 10 }, () => store.append(aRequest(aName())));
    await Promise.all([store.close(), store.close()]);
    expect((await Promise.all(appends)).map((result) => result.kind)).toEqual(appends.map(() => 'appended'));
    await subscription;
    const gone = { code: 'STORE_UNAVAILABLE' };
    await expect(store.append(aRequest(aName()))).rejects.toMatchObject(gone);
    await expect(store.readStream(aName())).rejects.toMatchObject(gone);
    await expect(batchesOf(store.readAll(0n))).rejects.toMatchObject(gone);
    await expect(store.head()).rejects.toMatchObject(gone);
    expect(await batchesOf(store.subscribe(0n))).toEqual([]);
  });
};
