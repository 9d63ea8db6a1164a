const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}:]/g;

/** Whether an object of a text that is JSON has a name twice, at any depth. */
const repeatsName = (text: string): boolean => {
  const open: Set<string>[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token === ':') {
      const name = JSON.parse(last) as string;
      const names = open.at(-1);
      if (names === undefined || names.has(name)) return true;
      names.add(name);
    }
    last = token;
  }
  return false;
};

/**
 * Whether bytes are JSON that every reader reads alike: UTF-8, no byte order mark, no name twice in an object
 * (RFC 7515 section 4, RFC 7519 section 4). Of two roles the first is one program's and the last another's.
 */
export const isPlainJson = (bytes: Uint8Array): boolean => {
  try {
    const text = decoder.decode(bytes);
    JSON.parse(text);
    return !repeatsName(text);
  } catch {
    return false;
  }
};
