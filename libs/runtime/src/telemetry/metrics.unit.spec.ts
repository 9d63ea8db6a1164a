import { Lots } from './lots.js';
import { METRICS } from './metric-names.js';
import { Metrics } from './metrics.js';

const figures = () => new Metrics({ app: 'standalone', version: '1.2.3', codes: ['MEMBER_EXISTS'] });

const line = async (metrics: Metrics, name: string): Promise<readonly string[]> =>
  (await metrics.text()).split('\n').filter((text) => text.startsWith(name));

it('counts under the labels that are declared', async () => {
  const metrics = figures();
  metrics.count('lacuna_commands_total', 1, { command: 'RegisterMember', code: 'OK' });
  metrics.count('lacuna_commands_total', 2, { command: 'RegisterMember', code: 'MEMBER_EXISTS' });
  expect(await line(metrics, 'lacuna_commands_total')).toEqual([
    'lacuna_commands_total{command="RegisterMember",code="OK"} 1',
    'lacuna_commands_total{command="RegisterMember",code="MEMBER_EXISTS"} 2',
  ]);
  expect(await line(metrics, 'lacuna_build_info')).toEqual([
    'lacuna_build_info{app="standalone",version="1.2.3"} 1',
  ]);
});

it('I10 says `other` for every value that is in no list, and nothing for a label that is not declared', async () => {
  const metrics = figures();
  const loose = { command: '19900012345', code: 'canary', member: 'canary' };
  metrics.count('lacuna_commands_total', 1, loose);
  metrics.set('lacuna_part_ready', 0, { part: 'canary' });
  expect(await line(metrics, 'lacuna_commands_total')).toEqual([
    'lacuna_commands_total{command="other",code="other"} 1',
  ]);
  expect(await metrics.text()).not.toMatch(/canary|19900012345/);
});

it('shows a place in the log in steps of a thousand, never ahead of it, from an offset that nobody knows', async () => {
  const seen = new Set<string>();
  for (let index = 0; index < 60; index += 1) {
    const metrics = figures();
    metrics.setPlace('lacuna_log_head', 5_500n);
    seen.add((await line(metrics, 'lacuna_log_head')).join());
  }
  expect([...seen].sort()).toEqual(['lacuna_log_head 4000', 'lacuna_log_head 5000']);
});

it('I10 shows how far a place lies behind in the same steps, so that place and distance give no finer one', async () => {
  for (let run = 0; run < 20; run += 1) {
    const metrics = figures();
    const seen: string[] = [];
    for (let head = 5_000n; head < 8_000n; head += 250n) {
      metrics.setPlace('lacuna_log_head', head);
      metrics.setPlace('lacuna_relay_position', 5_000n);
      metrics.setLag('lacuna_relay_lag', head, 5_000n);
      seen.push((await line(metrics, 'lacuna_relay_lag'))[0]?.split(' ')[1] ?? '');
    }
    expect([...new Set(seen)].sort()).toEqual(['0', '1000', '2000', '3000'].slice(0, new Set(seen).size));
    expect(seen[0]).toBe('0');
    expect(Number(seen.at(-1))).toBeGreaterThanOrEqual(2_000);
  }
  const metrics = figures();
  metrics.setLag('lacuna_relay_lag', 1_000n, 9_000n);
  expect(await line(metrics, 'lacuna_relay_lag')).toEqual(['lacuna_relay_lag 0']);
});

it('counts at once what is broken, also where it would be held back otherwise', async () => {
  const metrics = figures();
  const command = 'RecordBehaviours';
  metrics.count('lacuna_commands_total', 1, { command, code: 'OK' });
  metrics.count('lacuna_commands_total', 1, { command, code: 'MEMBER_EXISTS' });
  expect(await line(metrics, 'lacuna_commands_total')).toEqual([]);
  metrics.count('lacuna_commands_total', 1, { command, code: 'INTERNAL' });
  metrics.count('lacuna_commands_total', 1, { command, code: '57P01' });
  metrics.observe('lacuna_command_duration_seconds', 1, { command });
  expect(await line(metrics, 'lacuna_commands_total')).toEqual([
    `lacuna_commands_total{command="${command}",code="INTERNAL"} 1`,
    `lacuna_commands_total{command="${command}",code="other"} 1`,
  ]);
  expect(await line(metrics, 'lacuna_command_duration_seconds')).toEqual([]);
});

it('counts what leaves a behaviour in the log in lots, and what is refused at once', async () => {
  const metrics = figures();
  const seen: number[] = [];
  for (let index = 0; index < 400; index += 1) {
    metrics.count('lacuna_log_events_total', 1);
    seen.push(Number((await line(metrics, 'lacuna_log_events_total'))[0]?.split(' ')[1]));
  }
  const behind = seen.map((value, index) => index + 1 - value);
  expect(Math.min(...behind.slice(39))).toBeGreaterThanOrEqual(20);
  expect(Math.max(...behind)).toBeLessThan(60);
  expect(new Set(seen).size).toBeLessThanOrEqual(20);
  metrics.count('lacuna_log_appends_total', 1, { result: 'refused' });
  expect(await line(metrics, 'lacuna_log_appends_total')).toEqual([
    'lacuna_log_appends_total{result="refused"} 1',
  ]);
});

it('lets nobody see by the moment of a lot which one completed it', () => {
  const moments = new Set<number>();
  for (let run = 0; run < 200; run += 1) {
    const lots = new Lots();
    let isOut = false;
    for (let index = 0; !isOut; index += 1) {
      lots.add(() => {
        isOut = true;
        moments.add(index);
      });
    }
  }
  expect(moments.size).toBeGreaterThan(15);
});

it('leaves out what a reader could not say, and says the rest', async () => {
  const metrics = figures();
  metrics.onScrape(() => Promise.reject(new Error('canary')));
  metrics.onScrape(() => metrics.set('lacuna_ready', 1));
  expect(await line(metrics, 'lacuna_ready')).toEqual(['lacuna_ready 1']);
});

it('declares names and labels in the form that Prometheus asks for', () => {
  for (const [name, { kind, labels }] of Object.entries(METRICS)) {
    expect(name).toMatch(/^lacuna_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    for (const label of Object.keys(labels ?? {})) expect(label).toMatch(/^[a-z]+$/);
  }
});

it('says nothing of what nobody has said, or what is not known any more', async () => {
  const metrics = figures();
  expect(await line(metrics, 'lacuna_night_age_seconds')).toEqual([]);
  metrics.set('lacuna_night_age_seconds', 3);
  metrics.set('lacuna_view_lag', 3, { view: 'deadlines' });
  expect(await line(metrics, 'lacuna_night_age_seconds')).toEqual(['lacuna_night_age_seconds 3']);
  metrics.forget('lacuna_night_age_seconds', 'lacuna_view_lag');
  expect(await line(metrics, 'lacuna_night_age_seconds')).toEqual([]);
  expect(await line(metrics, 'lacuna_view_lag')).toEqual([]);
});
