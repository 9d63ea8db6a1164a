import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { runToEnd, type Stage } from './stage.js';

/** Where the certificates of a service lie, laid out as in its container. */
export const certificatesOf = (stage: Stage, service: string): string => stage.path('certificates', service);

const TOOL = 'es-gencert-cli';

// The product's own image has the real one; where it is not installed, OpenSSL does the same under its name.
const standIn = (stage: Stage): string => join(stage.root, 'infra/deploy/rehearsal/stand-in');

const isInstalled = (): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, TOOL)));

/** Runs the script of docker-compose.yml as it is, twice, and again to renew. */
export const makeCertificates = (stage: Stage): string => {
  const real = isInstalled();
  const env = {
    PATH: real ? process.env['PATH'] : `${standIn(stage)}:${process.env['PATH'] ?? ''}`,
    CERTIFICATES: stage.path('certificates'),
    CERTIFICATES_OWNER: `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
  };
  mkdirSync(env.CERTIFICATES, { recursive: true });
  const script = join(stage.root, 'infra/docker/certificates.sh');
  const serialOf = (): string =>
    new X509Certificate(readFileSync(join(certificatesOf(stage, 'reactor'), 'tls.crt'))).serialNumber;
  runToEnd(['bash', script], { env });
  const first = serialOf();
  runToEnd(['bash', script], { env });
  if (serialOf() !== first) throw new Error('a second run made other certificates');
  runToEnd(['bash', script, 'renew'], { env });
  if (serialOf() === first) throw new Error('renew left a certificate as it was');
  return `with ${real ? TOOL : `OpenSSL in the place of ${TOOL}`}; a second run changes nothing, renew renews`;
};
