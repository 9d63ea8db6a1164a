import { LacunaError } from '@lacuna/domain/kernel';
import { attempts, MovedOn } from './attempts.js';

describe('the one place that tries again', () => {
  it('A08 gives up after three retries with the code of the last obstacle', async () => {
    let calls = 0;
    const losing = attempts(() => {
      calls += 1;
      return Promise.reject(new MovedOn(calls === 4 ? 'CLAIM_CONTESTED' : 'REVISION_CONFLICT'));
    });
    await expect(losing).rejects.toMatchObject({ code: 'CLAIM_CONTESTED' });
    expect(calls).toBe(4);
  });

  it('tells each attempt which one it is, and stops at the first that comes through', async () => {
    const seen: number[] = [];
    const answer = await attempts((retry) => {
      seen.push(retry);
      return retry < 2 ? Promise.reject(new MovedOn('REVISION_CONFLICT')) : Promise.resolve('done');
    });
    expect([answer, seen]).toEqual(['done', [0, 1, 2]]);
  });

  it('does not try a refusal again', async () => {
    let calls = 0;
    const refused = attempts(() => {
      calls += 1;
      return Promise.reject(new LacunaError('FIELD_INVALID'));
    });
    await expect(refused).rejects.toMatchObject({ code: 'FIELD_INVALID' });
    expect(calls).toBe(1);
  });
});
