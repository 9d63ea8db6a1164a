import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { onPath, runToEnd } from '../programs.js';
import type { Stage } from './stage.js';

/** Where the certificates of a service lie, laid out as in its container. */
export const certificatesOf = (stage: Stage, service: string): string => stage.path('certificates', service);

const TOOL = 'es-gencert-cli';

// The product's own image has the real one; where it is not installed, OpenSSL does the same under its name.
const standIn = (stage: Stage): string => join(stage.root, 'infra/deploy/rehearsal/stand-in');

const certificateOf = (stage: Stage, service: string): X509Certificate =>
  new X509Certificate(readFileSync(join(certificatesOf(stage, service), 'tls.crt')));

const FURTHER = ['lacuna.example.org', '192.0.2.17'];

/** Who serves is called by the further names too, and nobody else is. */
const assertNames = (stage: Stage): void => {
  const further = (service: string): readonly string[] => {
    const names = certificateOf(stage, service).subjectAltName ?? '';
    return FURTHER.filter((name) => new RegExp(`:${name.replaceAll('.', '\\.')}(,|$)`).test(names));
  };
  for (const service of ['command-api', 'query-api', 'reactor'])
    if (further(service).length < 2) throw new Error(`${service} lacks a further name`);
  for (const service of ['postgres', 'kafka-1', 'eventstore-1', 'projector', 'migrate'])
    if (further(service).length > 0) throw new Error(`${service} has a name that is not its own`);
};

const environmentOf = (stage: Stage, isReal: boolean): NodeJS.ProcessEnv => ({
  PATH: isReal ? process.env['PATH'] : `${standIn(stage)}:${process.env['PATH'] ?? ''}`,
  CERTIFICATES: stage.path('certificates'),
  CERTIFICATES_NAMES: FURTHER.join(','),
  CERTIFICATES_OWNER: `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
});

/** Runs the script of docker-compose.yml as it is, twice, and again to renew. */
export const makeCertificates = (stage: Stage): string => {
  const isReal = onPath(TOOL) !== null;
  const env = environmentOf(stage, isReal);
  mkdirSync(stage.path('certificates'), { recursive: true });
  const run = (...args: readonly string[]): string => {
    runToEnd(['bash', join(stage.root, 'infra/docker/certificates.sh'), ...args], { env });
    return certificateOf(stage, 'reactor').serialNumber;
  };
  const first = run();
  if (run() !== first) throw new Error('a second run made other certificates');
  // As a run that was cut off leaves it.
  writeFileSync(join(certificatesOf(stage, 'reactor'), 'tls.key.new'), 'half', { mode: 0o400 });
  if (run('renew') === first) throw new Error('renew left a certificate as it was');
  assertNames(stage);
  return `with ${isReal ? TOOL : `OpenSSL in the place of ${TOOL}`}; a second run changes nothing, renew renews`;
};
