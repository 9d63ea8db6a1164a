import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import kafkajs, {
  CompressionTypes,
  Kafka,
  logLevel,
  type AclResourceTypes,
  type ISocketFactory,
} from 'kafkajs';
import { kafkaClassPath } from '../../kafka/index.js';
import { certificatesOf } from './certificates.js';
import { runToEnd } from '../programs.js';
import { until, type Program, type Stage } from './stage.js';

/** An address of this machine for each broker: in containers they all listen on one port, and so they do here. */
export const HOSTS: Readonly<Record<string, string>> = {
  'kafka-1': '127.0.1.11',
  'kafka-2': '127.0.1.12',
  'kafka-3': '127.0.1.13',
};
const BROKERS = Object.keys(HOSTS).map((host) => `${host}:9092`);
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes: Resource, ResourcePatternTypes } = kafkajs;
const TOPIC = 'lacuna.rehearsal.v1';
const LOG = 'Configuration:\n  Loggers:\n    Root:\n      level: "ERROR"\n';

const java = (stage: Stage, ...args: readonly string[]): readonly string[] => [
  'java',
  ...['-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  ...[`-Djdk.net.hosts.file=${stage.path('hosts')}`, '-cp', kafkaClassPath(), ...args],
];

/** The environment of a broker's container, with folders of this machine, and listening at its own address only. */
const environmentOf = (stage: Stage, name: string): NodeJS.ProcessEnv => {
  const given = stage.compose.services[name]?.environment ?? {};
  const here = Object.entries(given).map(([key, value]) => [
    key,
    value
      .replace('/run/certs', certificatesOf(stage, name))
      .replace('/var/lib/kafka/data', stage.path(name, 'data'))
      .replace('MUTUAL://:9092,CONTROLLER://:9093', `MUTUAL://${name}:9092,CONTROLLER://${name}:9093`),
  ]);
  return { PATH: process.env['PATH'], ...(Object.fromEntries(here) as Record<string, string>) };
};

/** What the image does at its start: its own program makes the configuration and formats the data. */
const startBroker = (stage: Stage, name: string): Program => {
  const [defaults, mounted, final] = ['defaults', 'mounted', 'final'].map((part) => stage.path(name, part));
  for (const folder of [defaults, mounted, final]) mkdirSync(folder ?? '', { recursive: true });
  for (const file of ['log4j2.yaml', 'tools-log4j2.yaml']) writeFileSync(join(defaults ?? '', file), LOG);
  writeFileSync(join(defaults ?? '', 'server.properties'), '');
  const env = environmentOf(stage, name);
  const folders = ['--default-configs-dir', '--mounted-configs-dir', '--final-configs-dir'];
  const args = folders.flatMap((flag, index) => [flag, [defaults, mounted, final][index] ?? '']);
  try {
    runToEnd(java(stage, 'kafka.docker.KafkaDockerWrapper', 'setup', ...args), { env });
  } catch (error) {
    // The image's own start lets this pass: the broker comes back over its data.
    if (!/already formatted/.test(String(error))) throw error;
  }
  const server = java(stage, 'kafka.Kafka', join(final ?? '', 'server.properties'));
  return stage.start(name, server, { env: { PATH: env['PATH'] }, cwd: stage.folder });
};

// kafkajs knows no table of hosts; its sockets go to the address, and the certificate must still name the host.
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket: TLSSocket = connect({ ...ssl, host: HOSTS[host] ?? host, port, servername: host });
  socket.once('secureConnect', onConnect);
  return socket;
};

/** A client that shows the certificate of a service, or none. */
const clientAs = (stage: Stage, service: string | null): Kafka => {
  const read = (of: string, file: string) => readFileSync(join(certificatesOf(stage, of), file), 'utf8');
  return new Kafka({
    brokers: BROKERS,
    clientId: 'lacuna-rehearsal',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { retries: 2 },
    socketFactory,
    ssl: {
      ca: [read('reactor', 'roots/ca.crt')],
      minVersion: 'TLSv1.3',
      ...(service !== null && { cert: read(service, 'tls.crt'), key: read(service, 'tls.key') }),
    },
  });
};

const nodesSeen = async (stage: Stage): Promise<number> => {
  const admin = clientAs(stage, 'reactor').admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length;
  } catch {
    return 0;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

const makeTopic = async (stage: Stage): Promise<void> => {
  const admin = clientAs(stage, 'reactor').admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic: TOPIC, numPartitions: 3, replicationFactor: 3 }],
    waitForLeaders: true,
  });
  await admin.disconnect();
};

const send = async (stage: Stage, service: string | null): Promise<string> => {
  const producer = clientAs(stage, service).producer({ idempotent: true, maxInFlightRequests: 1 });
  producer.on('producer.disconnect', () => undefined);
  try {
    await producer.connect();
    const messages = Array.from({ length: 30 }, (_, key) => ({ key: `${key}`, value: 'x' }));
    const answered = await producer.send({
      topic: TOPIC,
      acks: -1,
      compression: CompressionTypes.None,
      messages,
    });
    return answered.every(({ errorCode }) => errorCode === 0) ? 'taken' : 'not whole';
  } catch (error) {
    const { type, cause } = error as { type?: string; cause?: { type?: string } };
    return `refused (${type ?? cause?.type ?? 'no connection'})`;
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
};

/** What infra/DEPLOY.md grants a consumer: reading topics and groups that begin with a name. */
const grantReading = async (stage: Stage, service: string): Promise<void> => {
  const admin = clientAs(stage, 'reactor').admin();
  const of = (resourceType: AclResourceTypes, resourceName: string) =>
    [AclOperationTypes.READ, AclOperationTypes.DESCRIBE].map((operation) => ({
      ...{ resourceType, resourceName, resourcePatternType: ResourcePatternTypes.PREFIXED },
      ...{ principal: `User:CN=${service}`, host: '*', operation, permissionType: AclPermissionTypes.ALLOW },
    }));
  await admin.connect();
  await admin.createAcls({
    acl: [...of(Resource.TOPIC, 'lacuna.'), ...of(Resource.GROUP, service)],
  });
  await admin.disconnect();
};

const receive = async (stage: Stage, service: string): Promise<string> => {
  const consumer = clientAs(stage, service).consumer({
    groupId: `${service}-rehearsal`,
    retry: { retries: 0 },
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
    const read = Promise.withResolvers<string>();
    consumer.on('consumer.crash', ({ payload: { error } }) => read.reject(error));
    const late = setTimeout(() => read.resolve('nothing to read'), 30_000);
    await consumer.run({
      eachMessage: () => {
        read.resolve('reads');
        return Promise.resolve();
      },
    });
    return await read.promise.finally(() => clearTimeout(late));
  } catch (error) {
    return `refused (${(error as { type?: string }).type ?? 'no connection'})`;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
};

/** A consumer reads when it was granted what the page says, and not before. */
const assertReading = async (stage: Stage): Promise<string> => {
  const before = await receive(stage, 'query-api');
  await grantReading(stage, 'query-api');
  let after = '';
  await until(
    async () => (after = await receive(stage, 'query-api')) === 'reads',
    60_000,
    () => `with the rights of a consumer: ${after}`,
  );
  if (!/AUTHORIZATION/.test(before)) throw new Error(`without the rights of a consumer: ${before}`);
  return `a consumer: ${before}, once it has its rights: ${after}`;
};

/** The three brokers of docker-compose.yml on a real Kafka of that version, and who may do what. */
export const rehearseKafka = async (stage: Stage): Promise<string> => {
  const table = Object.entries(HOSTS).map(([host, address]) => `${address} ${host}\n`);
  writeFileSync(stage.path('hosts'), table.join(''));
  const brokers = Object.keys(HOSTS).map((name) => startBroker(stage, name));
  const said = () => brokers.map((broker) => `${broker.name}: ${broker.said.slice(-400)}`).join('\n');
  await until(
    async () => (await nodesSeen(stage)) === 3,
    120_000,
    () => `three brokers do not come together\n${said()}`,
  );
  await makeTopic(stage);
  const seen = {
    'the reactor': await send(stage, 'reactor'),
    'query-api': await send(stage, 'query-api'),
    'nobody (no certificate)': await send(stage, null),
  };
  const consumer = await assertReading(stage);
  await brokers[0]?.kill();
  let after = '';
  await until(
    async () => (after = await send(stage, 'reactor')) === 'taken',
    60_000,
    () => `after a broker was killed: ${after}`,
  );
  const told = Object.entries(seen)
    .map(([who, what]) => `${who}: ${what}`)
    .join(', ');
  const isRight =
    seen['the reactor'] === 'taken' &&
    /AUTHORIZATION/.test(seen['query-api']) &&
    /refused/.test(seen['nobody (no certificate)']);
  if (!isRight) throw new Error(told);
  startBroker(stage, 'kafka-1');
  await until(
    async () => (await nodesSeen(stage)) === 3,
    120_000,
    () => 'the killed broker does not come back',
  );
  return `${told}; ${consumer}; one broker killed: ${after}, and it comes back`;
};
