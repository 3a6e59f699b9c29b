import { describe, expect, test } from '@jest/globals';
import { MountRefresher } from '../../src/deliver/mountRefresher.ts';
import { ApiError } from '../../src/kube/apiError.ts';

describe('mounts are refreshed', () => {
  test('once a pod and state, again where it failed, and nothing is kept of pods that are gone', async () => {
    const told: string[] = [];
    const failed: string[] = [];
    let isBroken = true;
    const client = {
      async mergePatch(_: unknown, { name }: { readonly name: string }, patch: object) {
        if (name === 'b' && isBroken) throw new ApiError({ status: 500, reason: 'InternalError', message: 'broken' });
        if (name === 'gone') throw new ApiError({ status: 404, reason: 'NotFound', message: 'gone' });
        told.push(`${name} ${JSON.stringify(patch)}`);
        return { metadata: { name } };
      },
    };
    const mounts = new MountRefresher({ namespace: 'infra', client, onError: (pod) => failed.push(pod) });
    expect(await mounts.refresh(['a', 'b', 'gone'], '1.2.3.4')).toBe(false);
    expect(failed).toEqual(['b']);
    isBroken = false;
    expect(await mounts.refresh(['a', 'b'], '1.2.3.4')).toBe(true);
    expect(told.map((one) => one[0])).toEqual(['a', 'b']);
    expect(await mounts.refresh(['a', 'b'], '1.2.3.4')).toBe(true);
    await mounts.refresh(['b'], '1.3.3.4');
    await mounts.refresh(['a', 'b'], '1.3.3.4');
    expect(told.slice(2).map((one) => one[0])).toEqual(['b', 'a']);
    expect(told[0]).toBe('a {"metadata":{"annotations":{"evergate.dev/documents":"1.2.3.4"}}}');
  });
});
