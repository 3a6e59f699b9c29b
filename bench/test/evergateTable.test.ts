import { indexSchema } from '@evergate/contract/document';
import { endpointsPartSchema } from '@evergate/contract/endpoints';
import { indexKey } from '@evergate/contract/names';
import { routesPartSchema } from '@evergate/contract/routeTable';
import { publication } from '@evergate/operator/deliver/publication';
import { expect, test } from '@jest/globals';
import { benchHost } from '../src/scenario.ts';
import { benchContent } from '../src/targets/evergateTable.ts';

const content = benchContent(8080, 8081);

test('the table is one that the contract accepts', () => {
  routesPartSchema.parse({ rules: content.rules, backends: content.backends });
  endpointsPartSchema.parse({ backends: content.endpoints });
  const identity = { fleetUID: 'bench', fleet: { namespace: 'bench', name: 'bench' }, epoch: 0 };
  const { writes } = publication(content, undefined, identity);
  for (const kind of ['routes', 'endpoints', 'secrets'] as const) {
    const write = writes.find(({ key }) => key === indexKey(kind));
    expect(indexSchema.parse(JSON.parse(write?.text ?? '')).kind).toBe(kind);
  }
});

test('the rule under load is one of a hundred and one', () => {
  expect(content.rules).toHaveLength(101);
  expect(content.rules.filter(({ hostnames }) => hostnames.includes(benchHost))).toHaveLength(1);
});
