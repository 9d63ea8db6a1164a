import { createCipheriv } from 'node:crypto';

const ROUNDS = 10;
const BLOCK = 16;

/**
 * A random order of 0 .. size-1 that takes no memory: a Feistel network over pairs (left, right) of a square that is
 * just large enough, walked on where it leads out of the range (each such walk ends, since the network permutes the
 * square). The order of a file is half its secret: rows that came in as they stand would tell whose each is.
 */
export class Permutation {
  readonly #key: Buffer;
  readonly #side: number;

  /** `seed`: 32 bytes in hex. It stays in memory: whoever has it can put the rows in their order again. */
  constructor(
    seed: string,
    private readonly size: number,
  ) {
    this.#key = Buffer.from(seed, 'hex');
    if (this.#key.length !== 32) throw new RangeError('a seed has 32 bytes');
    this.#side = Math.ceil(Math.sqrt(size));
  }

  /** What stands at the places `from` .. `to`-1 of the order. */
  slice(from: number, to: number): readonly number[] {
    const values = Array.from({ length: Math.max(0, Math.min(to, this.size) - from) }, (_, at) => from + at);
    let outside = values.map((_, at) => at);
    while (outside.length > 0) {
      const walked = this.#permute(outside.map((at) => values[at] ?? 0));
      outside.forEach((at, index) => (values[at] = walked[index] ?? 0));
      outside = outside.filter((at) => (values[at] ?? 0) >= this.size);
    }
    return values;
  }

  #permute(values: readonly number[]): readonly number[] {
    const side = this.#side;
    let left = values.map((value) => Math.floor(value / side));
    let right = values.map((value) => value % side);
    for (let round = 0; round < ROUNDS; round += 1) {
      const shifts = this.#shifts(round, right);
      const next = left.map((value, at) => (value + (shifts[at] ?? 0)) % side);
      left = right;
      right = next;
    }
    return left.map((value, at) => value * side + (right[at] ?? 0));
  }

  // AES of one block each is the round's function: no two blocks of a round are joined, so no mode of chaining is
  // wanted; many at a time, since a call costs more than a block. 48 bits of it are far more than a side has.
  #shifts(round: number, values: readonly number[]): readonly number[] {
    const blocks = Buffer.alloc(values.length * BLOCK);
    values.forEach((value, at) => {
      blocks.writeUInt32BE(round, at * BLOCK);
      blocks.writeUIntBE(value, at * BLOCK + 4, 6);
    });
    const cipher = createCipheriv('aes-256-ecb', this.#key, null).setAutoPadding(false);
    const digests = cipher.update(blocks);
    return values.map((_, at) => digests.readUIntBE(at * BLOCK, 6) % this.#side);
  }
}
