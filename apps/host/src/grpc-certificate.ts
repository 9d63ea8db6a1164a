import { readSettingFile, type Config } from '@lacuna/runtime';

/** What gRPC is served with; null: in the clear. Read once: a renewed certificate takes a restart, one process at a time. */
export const grpcCertificate = ({
  grpcCertificate: files,
}: Pick<Config, 'grpcCertificate'>): Readonly<{ cert: Buffer; key: Buffer }> | null =>
  files && {
    cert: readSettingFile('LACUNA_GRPC_CERT_FILE', files.certFile),
    key: readSettingFile('LACUNA_GRPC_CERT_KEY_FILE', files.keyFile),
  };
