/** What became of one validation: `detail` is what was found, what is wrong, or why it was not run. */
export type Outcome = Readonly<{ name: string; state: 'passed' | 'failed' | 'not run'; detail: string }>;

export const passed = (name: string, detail: string): Outcome => ({ name, state: 'passed', detail });
export const failed = (name: string, detail: string): Outcome => ({ name, state: 'failed', detail });
export const notRun = (name: string, detail: string): Outcome => ({ name, state: 'not run', detail });

/** Runs a validation whose work throws what is wrong and resolves to what was found. */
export const outcomeOf = async (name: string, work: () => Promise<string> | string): Promise<Outcome> => {
  try {
    return passed(name, await work());
  } catch (error) {
    return failed(name, error instanceof Error ? error.message : String(error));
  }
};
