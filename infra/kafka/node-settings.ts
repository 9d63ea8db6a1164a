/** A broker that is its own controller: which it is among how many, where it listens, where its data lies. */
export type NodePlace = Readonly<{ id: number; brokerPort: number; controllerPort: number; folder: string }>;

/** Settings by name, as `server.properties` has them; they win over ours. */
export type KafkaSettings = Readonly<Record<string, string>>;

const HOST = '127.0.0.1';

export const brokerAddress = ({ brokerPort }: NodePlace): string => `${HOST}:${brokerPort}`;

const quorum = (nodes: readonly NodePlace[]): string =>
  nodes.map(({ id, controllerPort }) => `${id}@${HOST}:${controllerPort}`).join(',');

const placement = (node: NodePlace, nodes: readonly NodePlace[]): KafkaSettings => ({
  'process.roles': 'broker,controller',
  'node.id': String(node.id),
  'controller.quorum.voters': quorum(nodes),
  listeners: `PLAINTEXT://${brokerAddress(node)},CONTROLLER://${HOST}:${node.controllerPort}`,
  'advertised.listeners': `PLAINTEXT://${brokerAddress(node)}`,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'log.dirs': `${node.folder}/data`,
});

const replication = (copies: number): KafkaSettings => ({
  'default.replication.factor': String(copies),
  'offsets.topic.replication.factor': String(copies),
  'transaction.state.log.replication.factor': String(copies),
  'transaction.state.log.min.isr': String(Math.min(copies, 2)),
  'min.insync.replicas': String(Math.min(copies, 2)),
});

// Small: a machine for tests has few cores, and a start must not make a hundred partitions first.
const SMALL: KafkaSettings = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'log.cleaner.dedupe.buffer.size': '16777216',
  // A killed broker's partitions get a new leader after so long.
  'broker.session.timeout.ms': '4000',
  'broker.heartbeat.interval.ms': '500',
};

/** The text of a node's `server.properties`: one node, or one of several that hold every partition each. */
export const serverProperties = (
  node: NodePlace,
  nodes: readonly NodePlace[],
  settings: KafkaSettings,
): string =>
  Object.entries({ ...placement(node, nodes), ...replication(nodes.length), ...SMALL, ...settings })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** What goes wrong, to the node's own file; never what a record holds. */
export const LOG_CONFIGURATION = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
`;
