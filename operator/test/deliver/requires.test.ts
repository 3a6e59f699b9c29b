import { expect, test } from '@jest/globals';
import { publication } from '../../src/deliver/publication.ts';
import { identity, sampleContent, sampleRule, settings } from './sampleContent.ts';

const access = { allow: [], deny: ['10.0.0.0/8'] };

test.each([
  ['asks nothing', {}, {}, []],
  ['has a rule that asks something', { access }, {}, ['policies']],
  ['has a fleet that enforces something', {}, { enforced: { access, rateLimits: [], exempt: [] } }, ['policies']],
])('a table that %s requires of gateways %#', (_, ofRule, ofFleet, requires) => {
  const rules = [{ ...sampleRule(1), ...ofRule }];
  const content = { ...sampleContent(1), rules, settings: { ...settings, ...ofFleet } };
  expect(publication(content, undefined, identity).state.routes.requires).toEqual(requires);
});
