import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { LacunaError } from '@lacuna/domain/kernel';
import { KEY_BYTES } from '../sealing/aead.js';
import { freshRandom } from '../sealing/byte-string.js';
import type { KeyClass } from '../custody.port.js';
import type { KeyEncryptionKey, Kms } from './kms.port.js';

export type FileKmsOptions = Readonly<{ file: string; backupFile: string }>;

type StoredKey = Readonly<{ keyClass: KeyClass; epoch: number; key: string }>;

const FORMAT = 'lacuna-key-file-1';

// By shape, not by class: the error of a system call comes from another realm under a test runner.
const errorCode = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

const withFile = <T>(path: string, flags: number, use: (descriptor: number) => T): T => {
  const descriptor = openSync(path, flags, 0o600);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

type Read = Readonly<{ text: string; inode: number }>;

const readOnce = (path: string): Read =>
  withFile(path, constants.O_RDONLY, (descriptor) => {
    const { mode, ino } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0)
      throw new LacunaError('KMS_FILE_EXPOSED', 'the key file can be read by others: chmod 600 it');
    return { text: readFileSync(descriptor, 'utf8'), inode: ino };
  });

/**
 * The text of a file that nobody else can read; null where there is none. Another process may put a new file in its
 * place, and random bytes over this one, between our opening and our reading: then it is read again.
 */
const readPrivate = (path: string): string | null => {
  try {
    for (;;) {
      const { text, inode } = readOnce(path);
      if (statSync(path).ino === inode) return text;
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
};

const syncFolder = (path: string): void =>
  withFile(dirname(path), constants.O_RDONLY, (descriptor) => fsyncSync(descriptor));

/** Puts random bytes over what a file held before it lost its name: the last copy of a destroyed key. */
const overwrite = (descriptor: number): void => {
  writeSync(descriptor, freshRandom(fstatSync(descriptor).size), null, null, 0);
  fsyncSync(descriptor);
};

const openOld = (path: string): number | null => {
  try {
    return openSync(path, constants.O_RDWR);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
};

/** The new text whole or the old one whole, whenever the power goes; then the old blocks are overwritten. */
const replacePrivate = (path: string, text: string): void => {
  const old = openOld(path);
  try {
    const next = `${path}.new`;
    withFile(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, (descriptor) => {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    });
    renameSync(next, path);
    syncFolder(path);
    if (old !== null) overwrite(old);
  } finally {
    if (old !== null) closeSync(old);
  }
};

const parse = (text: string): readonly StoredKey[] => {
  const document = JSON.parse(text) as { format?: unknown; keys?: readonly StoredKey[] };
  if (document.format !== FORMAT || document.keys === undefined)
    throw new LacunaError('KMS_FILE_INVALID', 'the key file is not of a known format');
  return document.keys;
};

// eslint-disable-next-line @typescript-eslint/require-await -- what it throws becomes the promise's rejection
const settle = async <T>(work: () => T): Promise<T> => work();

const same = (keyClass: KeyClass, epoch: number) => (key: StoredKey) =>
  key.keyClass === keyClass && key.epoch === epoch;

/**
 * Key-encryption keys in one local file (0600) with ONE backup, which every change overwrites: a second copy
 * anywhere else would undo destruction. On a copy-on-write file system or flash the old blocks may outlive the
 * overwriting; there, keep the file on an encrypted or memory-backed volume, or use a KMS of another kind.
 */
export const createFileKms = ({ file, backupFile }: FileKmsOptions): Kms => {
  const read = (): readonly StoredKey[] => {
    const text = readPrivate(file);
    if (text !== null) return parse(text);
    if (readPrivate(backupFile) !== null)
      throw new LacunaError('KMS_FILE_MISSING', 'the key file is gone, its backup is there: put it back');
    return [];
  };
  const write = (keys: readonly StoredKey[]): void => {
    const text = `${JSON.stringify({ format: FORMAT, keys }, null, 1)}\n`;
    if (readPrivate(file) !== text) replacePrivate(file, text);
    if (readPrivate(backupFile) !== text) replacePrivate(backupFile, text);
  };
  const loaded = (stored: StoredKey): KeyEncryptionKey => ({
    ...stored,
    key: Buffer.from(stored.key, 'base64'),
  });
  // Synchronous on purpose: within a process no two changes interleave; between processes custody's lock orders them.
  return {
    load: () => settle(() => read().map(loaded)),
    create: (keyClass, epoch) =>
      settle(() => {
        const keys = read();
        const key = freshRandom(KEY_BYTES).toString('base64');
        write(keys.some(same(keyClass, epoch)) ? keys : [...keys, { keyClass, epoch, key }]);
      }),
    destroy: (keyClass, epoch) =>
      settle(() => {
        const found = same(keyClass, epoch);
        write(read().filter((key) => !found(key)));
      }),
  };
};
