/** Tests under load, at scale, or of how long something takes: `make load`. One after the other, so that none is another's neighbour. */
export default {
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons', 'import'] },
  setupFilesAfterEnv: ['<rootDir>/operator/test/support/patience.ts'],
  testMatch: ['<rootDir>/*/test/**/*.load.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/build/'],
  modulePathIgnorePatterns: ['/dist/', '/build/'],
  globalSetup: '<rootDir>/operator/test/support/startSharedApiServer.ts',
  globalTeardown: '<rootDir>/operator/test/support/stopSharedApiServer.ts',
  maxWorkers: 1,
  testTimeout: 20_000,
};
