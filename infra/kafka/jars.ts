import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const JAVA_MAJOR = 17;

const pom = join(import.meta.dirname, 'pom.xml');

/** The checkout: `dist` lies in it too, and what is fetched is fetched once for both. */
const checkout = (): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
};

// What the pom asks for names the folder: another version is another folder.
const jarFolder = (): string => {
  const version = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  return join(checkout(), '.cache', 'kafka', version);
};

// "17.0.15", and "1.8.0" before there was a 9.
const javaMajor = (): number => {
  const asked = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (asked.error !== undefined) return 0;
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(asked.stderr) ?? [];
  return Number(first === '1' ? second : first);
};

/** Why a broker cannot run on this machine, in a few words; null: it can. */
export const whatKafkaLacks = (): string | null => {
  const major = javaMajor();
  if (major === 0) return 'no java (Java 17 or later, for instance the package openjdk-17-jre-headless)';
  if (!(major >= JAVA_MAJOR)) return `java ${major} is too old, it takes ${JAVA_MAJOR} or later`;
  if (existsSync(jarFolder())) return null;
  return spawnSync('mvn', ['-version'], { stdio: 'ignore' }).error === undefined
    ? null
    : 'no mvn (Maven fetches Apache Kafka once, for instance the package maven)';
};

const fetchInto = (folder: string): void => {
  mkdirSync(dirname(folder), { recursive: true });
  const fresh = mkdtempSync(`${folder}-`);
  const fetched = spawnSync(
    'mvn',
    [
      ...['-q', '-B', '-f', pom, 'dependency:copy-dependencies'],
      ...['-DincludeScope=runtime', `-DoutputDirectory=${fresh}`],
    ],
    { encoding: 'utf8' },
  );
  if (fetched.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`Maven could not fetch Apache Kafka: ${`${fetched.stdout}${fetched.stderr}`.trim()}`);
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Somebody else's fetch was quicker; theirs is as good.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
};

/** The class path of Apache Kafka, fetched on the first call of a checkout (43 MB). Throws what is missing. */
export const kafkaClassPath = (): string => {
  const lack = whatKafkaLacks();
  if (lack !== null) throw new Error(`Apache Kafka cannot run here: ${lack}`);
  const folder = jarFolder();
  if (!existsSync(folder)) fetchInto(folder);
  return join(folder, '*');
};
