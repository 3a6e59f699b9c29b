/** By name, so that runs are alike; what takes the API server away comes last. */
export default class ByName {
  sort(tests) {
    const key = ({ path }) => (path.includes('everythingDown') ? `~${path}` : path);
    return [...tests].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  allFailedTests() {
    return [];
  }

  shard(tests) {
    return tests;
  }

  cacheResults() {}
}
