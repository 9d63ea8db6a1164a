/**
 * What a tier's report comes to. A skipped test proves nothing: in CI, where everything can run, it counts as failed,
 * so that nobody leaves one behind; elsewhere it is named, and says itself what it lacks.
 */
export const verdictOf = (report, status, inCi) => {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const skipped = tests.filter((test) => test.status === 'pending').map((test) => test.fullName);
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + broken;
  return {
    passed: report.numPassedTests,
    // A runner that fails without a failed test (an open handle, a setup) is a failure too.
    failed: (status !== 0 && failed === 0 ? 1 : failed) + (inCi ? skipped.length : 0),
    skipped,
  };
};
