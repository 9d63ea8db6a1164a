/** A whole number from the environment of the test run. */
const fromEnvironment = (key: string, otherwise: number): number => {
  const text = process.env[key];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${key}: expected a whole number above 0`);
  return value;
};

/** How often the product is killed; `LACUNA_TEST_KILLS=4` is a quick look. */
export const kills = (otherwise: number): number => fromEnvironment('LACUNA_TEST_KILLS', otherwise);

/** How many people's keys are rotated under load; `LACUNA_TEST_KEYS=100000` is the size that a night has to do. */
export const rotatedKeys = (otherwise: number): number => fromEnvironment('LACUNA_TEST_KEYS', otherwise);

/** How long the whole fleet works while its processes and brokers die; `LACUNA_TEST_CRASH_MINUTES=10` is the long run. */
export const crashMinutes = (otherwise: number): number =>
  fromEnvironment('LACUNA_TEST_CRASH_MINUTES', otherwise);

/** How long a broker is away while events wait, in seconds; `LACUNA_TEST_BROKER_AWAY=600` is the long run. */
export const brokerAwaySeconds = (otherwise: number): number =>
  fromEnvironment('LACUNA_TEST_BROKER_AWAY', otherwise);

/** `LACUNA_TEST_SEED` repeats a run as far as chance goes; what the machine does in between is its own. */
export const seed = (): number => fromEnvironment('LACUNA_TEST_SEED', 1 + (Date.now() % 1_000_000));
