import { ClaimConfirmations } from './claim-confirmations.js';

const custodyThat = (confirm: (ids: readonly string[]) => Promise<void>) => {
  const batches: (readonly string[])[] = [];
  return {
    batches,
    confirmClaims: (ids: readonly string[]) => {
      batches.push(ids);
      return confirm(ids);
    },
  };
};

describe('confirming claims a little later', () => {
  it('confirms what has gathered in one call, and nothing where nothing has', async () => {
    const custody = custodyThat(() => Promise.resolve());
    const confirmations = new ClaimConfirmations(custody);
    confirmations.add(['1', '2']);
    confirmations.add(['3']);
    confirmations.add([]);
    expect(custody.batches).toEqual([]);
    await confirmations.flush();
    await confirmations.flush();
    expect(custody.batches).toEqual([['1', '2', '3']]);
  });

  it('does so by itself, soon', async () => {
    const done = Promise.withResolvers<undefined>();
    const custody = custodyThat(() => {
      done.resolve(undefined);
      return Promise.resolve();
    });
    new ClaimConfirmations(custody).add(['1']);
    await done.promise;
    expect(custody.batches).toEqual([['1']]);
  });

  it('bears a custody that is out of reach: what is lost is settled by the log', async () => {
    const custody = custodyThat(() => Promise.reject(new Error('out')));
    const confirmations = new ClaimConfirmations(custody);
    confirmations.add(['1']);
    await expect(confirmations.flush()).resolves.toBeUndefined();
    confirmations.add(['2']);
    await confirmations.flush();
    expect(custody.batches).toEqual([['1'], ['2']]);
  });
});
