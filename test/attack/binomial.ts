const LOG_FACTORIALS: number[] = [0];

const logFactorial = (n: number): number => {
  for (let next = LOG_FACTORIALS.length; next <= n; next += 1)
    LOG_FACTORIALS.push((LOG_FACTORIALS[next - 1] ?? 0) + Math.log(next));
  return LOG_FACTORIALS[n] ?? 0;
};

/** One-sided binomial test: how likely `hits` or more of `tries` are, where each hits by chance alone with `chance`. */
export const chanceOf = (hits: number, tries: number, chance: number): number => {
  if (hits <= 0) return 1;
  if (chance <= 0) return 0;
  if (chance >= 1) return 1;
  let sum = 0;
  for (let k = hits; k <= tries; k += 1) {
    const choose = logFactorial(tries) - logFactorial(k) - logFactorial(tries - k);
    sum += Math.exp(choose + k * Math.log(chance) + (tries - k) * Math.log(1 - chance));
  }
  return Math.min(1, sum);
};
