/** One project a workspace; Node strips the types itself, so nothing is transformed. */
const workspaces = ['contract', 'crds', 'operator', 'gateway', 'cli', 'bench', 'e2e'];

export default {
  projects: workspaces.map((name) => ({
    displayName: name,
    rootDir: name,
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
    modulePathIgnorePatterns: ['<rootDir>/dist/'],
    transform: {},
    extensionsToTreatAsEsm: ['.ts'],
    injectGlobals: false,
    testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons', 'import'] },
  })),
};
