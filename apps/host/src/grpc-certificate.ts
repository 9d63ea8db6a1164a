import { readFileSync } from 'node:fs';
import { ConfigError, type Config } from '@lacuna/runtime';

const read = (key: string, file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch {
    throw new ConfigError([{ key, problem: 'cannot be read' }]);
  }
};

/** What gRPC is served with; null: in the clear. Read once: a renewed certificate takes a restart, one process at a time. */
export const grpcCertificate = ({
  grpcCertificate: files,
}: Pick<Config, 'grpcCertificate'>): Readonly<{ cert: Buffer; key: Buffer }> | null =>
  files && {
    cert: read('LACUNA_GRPC_CERT_FILE', files.certFile),
    key: read('LACUNA_GRPC_CERT_KEY_FILE', files.keyFile),
  };
