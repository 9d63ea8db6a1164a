/** The smallest length that a plaintext shows: most names, phones, plates and ID numbers look alike. */
export const SMALLEST_BUCKET = 32;
export const LARGEST_BUCKET = 65_536;

const MARK = 0x80;

/** Powers of two: what a ciphertext tells of its plaintext's length is the bucket. Null: too long. */
export const bucketOf = (length: number, smallest = SMALLEST_BUCKET): number | null => {
  let bucket = smallest;
  while (bucket < length + 1) bucket *= 2;
  return bucket <= LARGEST_BUCKET ? bucket : null;
};

/** ISO/IEC 7816-4: the text, one mark, zeros up to the bucket. Null: too long. */
export const pad = (text: Buffer, smallest = SMALLEST_BUCKET): Buffer | null => {
  const bucket = bucketOf(text.length, smallest);
  if (bucket === null) return null;
  const padded = Buffer.alloc(bucket);
  padded.set(text);
  padded[text.length] = MARK;
  return padded;
};

export const unpad = (padded: Buffer): Buffer | null => {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end -= 1;
  return end >= 0 && padded[end] === MARK ? padded.subarray(0, end) : null;
};
