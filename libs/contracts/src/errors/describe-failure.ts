const MAX_CAUSES = 5;

const frames = (stack: string | undefined): readonly string[] =>
  (stack ?? '').split('\n').filter((line) => line.startsWith('    at '));

/**
 * An unexpected error as it may stand in a log: names, codes and code places of it and its causes. No messages: a
 * driver's message can quote the value it stumbled on, and a value can be personal.
 */
export const describeFailure = (cause: unknown): string => {
  const lines: string[] = [];
  let current = cause;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    const { code } = current as { code?: unknown };
    lines.push(`${current.name}${typeof code === 'string' ? ` ${code}` : ''}`, ...frames(current.stack));
    current = current.cause;
  }
  return lines.length > 0 ? lines.join('\n') : `thrown ${typeof cause}`;
};
