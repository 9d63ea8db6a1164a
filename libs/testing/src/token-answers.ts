type Verifier = Readonly<{ verify: (token: string) => Promise<unknown> }>;

/** How a token was answered, in all that a caller could tell apart. */
export const answerTo = (verifier: Verifier, token: string): Promise<string> =>
  verifier.verify(token).then(
    () => 'let in',
    (error: unknown) => {
      if (!(error instanceof Error)) return `threw ${String(error)}`;
      // All that it carries, but for what is not sent: the cause, for the log.
      const seen = Object.entries(error).filter(([name]) => name !== 'cause');
      return JSON.stringify(Object.fromEntries([...seen, ['name', error.name], ['message', error.message]]));
    },
  );

/** The one answer to every token that is none. */
export const TOKEN_REFUSED = JSON.stringify({
  code: 'TOKEN_INVALID',
  name: 'AuthError',
  message: 'TOKEN_INVALID',
});

/** The tokens, by name, that were not answered as all that are refused, and how they were. */
export const notRefused = async (
  verifier: Verifier,
  tokens: Readonly<Record<string, string>>,
): Promise<readonly string[]> => {
  const answers = await Promise.all(
    Object.entries(tokens).map(async ([name, token]) => [name, await answerTo(verifier, token)] as const),
  );
  return answers.filter(([, answer]) => answer !== TOKEN_REFUSED).map((answer) => answer.join(': '));
};
