/** RFC 8032 section 5.1: the prime of the field, the order of the group, the curve's constant. */
const P = 2n ** 255n - 19n;
const D = -121665n;
const D_DIVISOR = 121666n;

export const ed25519Order = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (value: bigint): bigint => ((value % P) + P) % P;

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let [square, left] = [mod(base), exponent]; left > 0n; square = mod(square * square), left >>= 1n)
    if (left & 1n) result = mod(result * square);
  return result;
};

const inverse = (value: bigint): bigint => power(value, P - 2n);

/** A root of a square; null of what is none (p = 5 mod 8, RFC 8032 section 5.1.3). */
const root = (square: bigint): bigint | null => {
  const first = power(square, (P + 3n) / 8n);
  const roots = [first, mod(first * power(2n, (P - 1n) / 4n))];
  return roots.find((one) => mod(one * one) === mod(square)) ?? null;
};

/** A number as the 32 bytes, least first, of a scalar or a point's y. */
export const ed25519Bytes = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();

export const ed25519Number = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

/**
 * Every encoding of a point of order 1, 2, 4 or 8 that a decoder may take, those included that write y as y + p or the
 * sign of a zero. Twice an eighth is a point with y = 0, so that y^2 = -x^2 and d y^4 + 2 y^2 - 1 = 0.
 */
export const smallOrderPoints = (): readonly Buffer[] => {
  const d = mod(D * inverse(D_DIVISOR));
  const half = root(1n + d) ?? 0n;
  const eighths = [half, -half].flatMap((one) => root(mod((one - 1n) * inverse(d))) ?? []);
  const ys = [0n, 1n, P - 1n, P, P + 1n, ...eighths, ...eighths.map((y) => P - y)];
  return ys.flatMap((y) => [ed25519Bytes(y), ed25519Bytes(y + 2n ** 255n)]);
};
