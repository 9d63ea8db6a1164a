import { whatKafkaLacks } from '../../kafka/index.js';
import { notRun, outcomeOf, type Outcome } from '../outcome.js';
import type { Checks } from '../static-checks.js';
import { rehearseApps } from './apps.js';
import { makeCertificates } from './certificates.js';
import { buildImage } from './image.js';
import { rehearseKafka } from './kafka.js';
import { rehearsePostgres, whatPostgresLacks } from './postgres.js';
import { Stage } from './stage.js';

type Tell = (outcome: Outcome) => void;
type Act = Readonly<{
  name: string;
  lacks: () => string | null;
  play: (stage: Stage) => Promise<string> | string;
}>;

const nothing = (): null => null;

const acts: readonly Act[] = [
  { name: 'certificates.sh', lacks: nothing, play: makeCertificates },
  {
    name: 'PostgreSQL 18 with its configuration, TLS and roles',
    lacks: whatPostgresLacks,
    play: rehearsePostgres,
  },
  {
    name: 'three brokers of Kafka with their configuration and TLS',
    lacks: whatKafkaLacks,
    play: rehearseKafka,
  },
  { name: 'the stages of the Dockerfile, by hand', lacks: nothing, play: buildImage },
  { name: 'migrate and each app twice, from the image’s files', lacks: nothing, play: rehearseApps },
];

const NEVER: readonly (readonly [string, string])[] = [
  ['three nodes of EventStoreDB', 'no container engine, and no package of the server'],
  [
    'images, volumes, networks, read-only roots, users, health checks of docker-compose.yml',
    'no container engine',
  ],
  ['the chart in a cluster', 'no Kubernetes'],
];

/**
 * Plays docker-compose.yml without containers, as far as that goes: the same files, settings, certificates and
 * secrets, on programs of this machine. What one act needs of another that failed fails with it.
 */
export const rehearse = async ({ root }: Checks, tell: Tell): Promise<void> => {
  const stage = new Stage(root);
  try {
    for (const { name, lacks, play } of acts) {
      const lack = lacks();
      tell(lack === null ? await outcomeOf(name, () => play(stage)) : notRun(name, lack));
    }
  } finally {
    await stage.clear();
  }
  for (const [name, reason] of NEVER) tell(notRun(name, reason));
};
