import { openEventStoreDbStore } from '@lacuna/event-store';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';
import { casesOfSeveralProcesses } from './behaviour-processes.js';
import { codesOf, dayOf, handleIn, purchaseOf, record } from './behaviour-support.js';
import { openHouse, type House } from './house.js';
import { people } from './night-support.js';

describe('recording behaviour on EventStoreDB', () => {
  let double: EventStoreDbDouble;
  let house: House;
  let members: readonly string[];

  beforeAll(async () => {
    double = await startEventStoreDbDouble();
    const { connectionString } = double;
    house = await openHouse({ openLog: () => openEventStoreDbStore({ connectionString }) });
    members = await people(house, 5);
  });
  afterAll(async () => {
    await house.drop();
    await double.close();
  });

  casesOfSeveralProcesses(
    () => house,
    () => members,
  );

  it('a process that has seen nothing of a day tries its first place, and loses no record by it', async () => {
    const [memberId = ''] = members;
    const day = '1998-05-05';
    const one = purchaseOf(memberId, { occurred: day });
    const handles: string[] = [];
    for (const again of [purchaseOf(memberId, { occurred: day }), one, one]) {
      const restarted = await house.instance();
      const answers = await record(restarted, again);
      expect(codesOf(answers)).toEqual(['recorded']);
      handles.push(handleIn(answers[0]));
    }
    expect(handles[2]).toBe(handles[1]);
    expect(await dayOf(house, memberId, day)).toHaveLength(2);
  });
});
