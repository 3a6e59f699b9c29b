/** Where the programs of the tests' pods listen. */
export const podPorts: Readonly<{ upstream: number; ledger: number; tasks: number }> = {
  upstream: 8080,
  ledger: 8080,
  tasks: 9000,
};
