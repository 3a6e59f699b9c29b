import { describe, expect, test } from '@jest/globals';
import { OperatorMetrics } from '../src/metrics.ts';

function metrics(): OperatorMetrics {
  return new OperatorMetrics({ reflectors: () => [], isLeader: () => true, load: () => undefined });
}

async function gatewaysIn(all: OperatorMetrics): Promise<readonly string[]> {
  const lines = (await all.registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith('evergate_operator_gateways{'));
}

const counted = {
  type: 'counted',
  fleet: 'edge/a',
  gateways: { desired: 5, ready: 4, receiving: 4, onRevision: 1 },
} as const;

describe("the operator's metrics", () => {
  test('say how many gateways a fleet should have, has, and has behind', async () => {
    const all = metrics();
    all.onEvent(counted);
    expect(await gatewaysIn(all)).toEqual([
      'evergate_operator_gateways{fleet="edge/a",state="desired"} 5',
      'evergate_operator_gateways{fleet="edge/a",state="ready"} 4',
      'evergate_operator_gateways{fleet="edge/a",state="behind"} 3',
    ]);
  });

  test('forget a fleet that is gone, and no other', async () => {
    const all = metrics();
    all.onEvent(counted);
    all.onEvent({ ...counted, fleet: 'edge/b' });
    all.onEvent({ type: 'forgotten', fleet: 'edge/a' });
    expect((await gatewaysIn(all)).filter((line) => !line.includes('edge/b'))).toEqual([]);
    expect(await gatewaysIn(all)).toHaveLength(3);
  });

  test('say nothing of gateways once this process no longer leads and looks', async () => {
    const all = metrics();
    all.onEvent(counted);
    all.endTerm();
    expect(await gatewaysIn(all)).toEqual([]);
  });
});
