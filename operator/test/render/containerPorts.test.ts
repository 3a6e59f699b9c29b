import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { containerPorts } from '../../src/render/containerPorts.ts';

function portsOf(...ports: readonly number[]): readonly (readonly [number, number])[] {
  return [...containerPorts(ports.map((port) => ({ port })))];
}

describe('gateways listen', () => {
  test('8000 higher where the port is for root only', () => {
    expect(portsOf(80, 443, 1023)).toEqual([
      [80, 8080],
      [443, 8443],
      [1023, 9023],
    ]);
  });

  test('on the port itself from 1024 on', () => {
    expect(portsOf(1024, 65_535)).toEqual([
      [1024, 1024],
      [65_535, 65_535],
    ]);
  });

  test('once for listeners that share a port', () => {
    expect(portsOf(80, 80)).toEqual([[80, 8080]]);
  });

  test('on a spare port where an earlier listener has theirs', () => {
    expect(portsOf(80, 8080, 10_000, 443, 8443)).toEqual([
      [80, 8080],
      [8080, 10_000],
      [10_000, 10_001],
      [443, 8443],
      [8443, 10_002],
    ]);
  });

  test('beside their own two ports', () => {
    expect(portsOf(9090, 9091)).toEqual([
      [9090, 10_000],
      [9091, 10_001],
    ]);
  });

  test('on different ports without root, and where they did before a listener was added at the end', () => {
    const ports = fc.array(fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(80, 8080, 9090, 10_000)), {
      maxLength: 64,
    });
    fc.assert(
      fc.property(ports, fc.integer({ min: 1, max: 65_535 }), (before, added) => {
        const chosen = portsOf(...before);
        const targets = chosen.map(([, target]) => target);
        expect(new Set(targets).size).toBe(targets.length);
        expect(targets.filter((port) => port < 1024 || port === 9090 || port === 9091)).toEqual([]);
        expect(portsOf(...before, added).slice(0, chosen.length)).toEqual(chosen);
      }),
    );
  });
});
