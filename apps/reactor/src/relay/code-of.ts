const CODE = /^[A-Z][A-Z0-9_]{2,40}$/;

/** A stable code of whatever was thrown: ours, PostgreSQL's or the network's; else its kind. Never its message. */
export const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'INTERNAL';
  return 'code' in error && typeof error.code === 'string' && CODE.test(error.code) ? error.code : error.name;
};
