import { describe, expect, test } from '@jest/globals';
import { attachments } from '../../src/translate/attachments.ts';
import { route } from './objects.ts';

const annotations = { 'evergate.dev/is-default-fleet': 'true' };
const plain = { metadata: { namespace: 'shop', name: 'plain' } };
const marked = { metadata: { namespace: 'shop', name: 'marked', annotations } };
const alsoMarked = { metadata: { namespace: 'team', name: 'also', annotations } };
const free = route('free', 'shop', [{}]);

describe('attachments', () => {
  test('names the one fleet that is annotated as the default', () => {
    expect(attachments([free], [plain, marked])).toEqual({ defaultFleet: marked, unattached: [] });
  });

  test.each([
    ['none', [plain], 'annotate one with evergate.dev/is-default-fleet: "true"'],
    ['two', [marked, alsoMarked], 'shop/marked, team/also are all annotated'],
  ])('says NoDefaultFleet of a route without parents where %s is annotated', (_, fleets, remedy) => {
    const { defaultFleet, unattached } = attachments([free], fleets);
    expect(defaultFleet).toBeUndefined();
    expect(unattached).toMatchObject([
      {
        route: { name: 'free' },
        parents: [
          { conditions: [{ status: 'False', reason: 'NoDefaultFleet', message: expect.stringContaining(remedy) }] },
        ],
      },
    ]);
  });

  test('tells the parents that do not exist, and leaves the others to their fleets', () => {
    const parentRefs = [{ name: 'plain' }, { name: 'plian' }, { name: 'plain', namespace: 'team' }];
    const { unattached } = attachments([route('r', 'shop', [{}], {}, { parentRefs })], [plain, marked]);
    expect(unattached).toHaveLength(1);
    expect(unattached[0]?.parents.map(({ parentRef }) => parentRef)).toEqual([
      { name: 'plian' },
      { name: 'plain', namespace: 'team' },
    ]);
    expect(unattached[0]?.parents[0]?.conditions).toEqual([
      {
        type: 'Accepted',
        status: 'False',
        reason: 'NoMatchingParent',
        message: 'spec.parentRefs[1]: GatewayFleet shop/plian does not exist; create it or correct the name',
      },
    ]);
  });
});
