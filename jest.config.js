/**
 * What is right or wrong however busy the machine is: two files at once. One project a workspace; Node strips the types itself, so nothing
 * is transformed. Tests under load are in `jest.load.config.js`.
 */
const workspaces = ['contract', 'process', 'crds', 'operator', 'gateway', 'cli', 'bench', 'deploy', 'e2e'];

const sources = {
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons', 'import'] },
};

/** Tests that share one real API server, in whatever workspace they are. */
const onApiServer = {
  ...sources,
  displayName: 'api server',
  setupFilesAfterEnv: ['<rootDir>/operator/test/support/patience.ts'],
  testMatch: ['<rootDir>/*/test/**/*.apiServer.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/build/', '\\.load\\.test\\.ts$'],
  modulePathIgnorePatterns: ['/dist/', '/build/'],
  globalSetup: '<rootDir>/operator/test/support/startSharedApiServer.ts',
  globalTeardown: '<rootDir>/operator/test/support/stopSharedApiServer.ts',
};

export default {
  maxWorkers: 2,
  testTimeout: 20_000,
  projects: [
    ...workspaces.map((name) => ({
      ...sources,
      displayName: name,
      rootDir: name,
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/', '\\.(apiServer|load)\\.test\\.ts$'],
      modulePathIgnorePatterns: ['<rootDir>/dist/'],
    })),
    onApiServer,
  ],
};
