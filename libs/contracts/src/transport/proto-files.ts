import { fileURLToPath } from 'node:url';

/** The folder that proto imports are relative to, for loaders and for `protoc -I`. */
export const protoRoot = fileURLToPath(new URL('../../proto', import.meta.url));

/** Our own proto files, relative to `protoRoot`. */
export const protoFiles = [
  'lacuna/activity/v1/activity_service.proto',
  'lacuna/admin/v1/admin_service.proto',
  'lacuna/behaviour/v1/behaviour_service.proto',
  'lacuna/integration/v1/integration_service.proto',
  'lacuna/member/v1/member_service.proto',
  'lacuna/query/v1/query_service.proto',
] as const;
