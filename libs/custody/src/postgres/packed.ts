/** Many byte strings as one parameter, with where each begins (from 1) and how long it is. */
export type Packed = Readonly<{ bytes: Buffer; starts: readonly number[]; sizes: readonly number[] }>;

/** One binary parameter instead of an array of them, which the driver would write out in hex, quoted and escaped. */
export const pack = (parts: readonly Buffer[]): Packed => {
  const starts: number[] = [];
  let at = 1;
  for (const part of parts) {
    starts.push(at);
    at += part.length;
  }
  return { bytes: Buffer.concat(parts), starts, sizes: parts.map((part) => part.length) };
};
