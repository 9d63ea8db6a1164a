import { rmSync } from 'node:fs';

export default async function teardown() {
  await globalThis.lacunaTestDatabase.stop();
  rmSync(globalThis.lacunaTestDatabase.folder, { recursive: true, force: true });
}
