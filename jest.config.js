/** One project a workspace; Node strips the types itself, so nothing is transformed. */
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
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/build/'],
  modulePathIgnorePatterns: ['/dist/', '/build/'],
  globalSetup: '<rootDir>/operator/test/support/startSharedApiServer.ts',
  globalTeardown: '<rootDir>/operator/test/support/stopSharedApiServer.ts',
};

export default {
  projects: [
    ...workspaces.map((name) => ({
      ...sources,
      displayName: name,
      rootDir: name,
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/', '\\.apiServer\\.test\\.ts$'],
      modulePathIgnorePatterns: ['<rootDir>/dist/'],
    })),
    onApiServer,
  ],
};
