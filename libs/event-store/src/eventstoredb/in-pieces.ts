// So many calls at once of one request: enough to fill the connection, few enough to leave room for others.
const AT_ONCE = 128;

/** Asks for many, some at a time, in order. */
export const inPieces = async <T, Answer>(
  items: readonly T[],
  ask: (item: T, index: number) => Promise<Answer> | Answer,
): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const piece = items.slice(start, start + AT_ONCE);
    answers.push(...(await Promise.all(piece.map((item, index) => ask(item, start + index)))));
  }
  return answers;
};
