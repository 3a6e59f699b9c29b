/** The tests on a cluster: `make e2e`. Those of the instruments belong to `make test`. */
export default {
  rootDir: '.',
  testMatch: ['<rootDir>/scenarios/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  globalSetup: '<rootDir>/src/cluster/setUp.ts',
  globalTeardown: '<rootDir>/src/cluster/tearDown.ts',
  testSequencer: '<rootDir>/sequencer.js',
  maxWorkers: 1,
  testTimeout: 300_000,
};
