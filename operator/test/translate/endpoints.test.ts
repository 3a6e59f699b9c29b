import type { EndpointSlice } from '@evergate/crds/kubernetes';
import { parseObject } from '@evergate/crds/parse';
import { describe, expect, test } from '@jest/globals';
import { collectEndpoints } from '../../src/translate/endpoints.ts';

let count = 0;

function slice(
  addressType: string,
  endpoints: readonly unknown[],
  ports: readonly unknown[] = [{ port: 8080 }],
): EndpointSlice {
  count += 1;
  const metadata = { name: `slice-${count}`, namespace: 'shop' };
  const parsed = parseObject('EndpointSlice', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType,
    endpoints,
    ports,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function addresses(slices: readonly EndpointSlice[], portName = '', family?: 'IPv4' | 'IPv6'): readonly string[] {
  return collectEndpoints(slices, portName, family).endpoints.map(({ address, port }) => `${address} ${port}`);
}

describe('collectEndpoints', () => {
  const four = slice('IPv4', [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.1'] }]);
  const six = slice('IPv6', [{ addresses: ['fd00::1'] }]);

  test('takes one address family: the primary one, else IPv4, else what there is', () => {
    expect(addresses([four, six], '', 'IPv6')).toEqual(['fd00::1 8080']);
    expect(addresses([four, six], '', 'IPv4')).toEqual(['10.0.0.1 8080', '10.0.0.2 8080']);
    expect(addresses([six, four])).toEqual(['10.0.0.1 8080', '10.0.0.2 8080']);
    expect(addresses([six])).toEqual(['fd00::1 8080']);
    expect(addresses([four], '', 'IPv6')).toEqual(['10.0.0.1 8080', '10.0.0.2 8080']);
  });

  test('gives the same list whatever the order of slices and entries', () => {
    const reversed = slice('IPv4', [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }]);
    expect(addresses([four])).toEqual(addresses([reversed]));
  });

  test('finds the port by the name of the port of the Service, each slice its own number', () => {
    const first = slice(
      'IPv4',
      [{ addresses: ['10.0.0.1'] }],
      [
        { name: 'admin', port: 1 },
        { name: 'http', port: 8080 },
      ],
    );
    const second = slice('IPv4', [{ addresses: ['10.0.0.2'] }], [{ name: 'http', port: 9090 }]);
    expect(addresses([first, second], 'http')).toEqual(['10.0.0.1 8080', '10.0.0.2 9090']);
    expect(addresses([first, second], '')).toEqual([]);
  });

  test('reads an empty port name like none', () => {
    expect(addresses([slice('IPv4', [{ addresses: ['10.0.0.1'] }], [{ name: '', port: 8080 }])])).toEqual([
      '10.0.0.1 8080',
    ]);
  });

  test('counts an address that stands in two slices once, as the one that can take more', () => {
    const leaving = slice('IPv4', [
      { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
    ]);
    const staying = slice('IPv4', [{ addresses: ['10.0.0.1'], conditions: { ready: true } }]);
    const expected = [{ address: '10.0.0.1', port: 8080, ready: true, serving: true, terminating: false }];
    expect(collectEndpoints([leaving, staying], '', undefined).endpoints).toEqual(expected);
    expect(collectEndpoints([staying, leaving], '', undefined).endpoints).toEqual(expected);
  });

  test.each([
    [{}, true, true, false],
    [{ ready: null, serving: null, terminating: null }, true, true, false],
    [{ ready: false }, false, false, false],
    [{ ready: false, serving: true, terminating: true }, false, true, true],
  ])('reads the conditions %j as ready %s, serving %s, terminating %s', (conditions, ready, serving, terminating) => {
    const { endpoints } = collectEndpoints([slice('IPv4', [{ addresses: ['10.0.0.1'], conditions }])], '', undefined);
    expect(endpoints).toEqual([{ address: '10.0.0.1', port: 8080, ready, serving, terminating }]);
  });

  test('leaves out names and addresses of another family, and says so once a slice', () => {
    const mixed = slice('IPv4', [{ addresses: ['fd00::1'] }, { addresses: ['backend'] }, { addresses: ['10.0.0.1'] }]);
    const { endpoints, warnings } = collectEndpoints(
      [mixed, slice('FQDN', [{ addresses: ['example.org'] }])],
      '',
      undefined,
    );
    expect(endpoints.map(({ address }) => address)).toEqual(['10.0.0.1']);
    expect(warnings).toEqual([
      expect.stringContaining('2 endpoints are left out, as "fd00::1" is no address of type IPv4'),
      expect.stringContaining('addressType FQDN is not supported'),
    ]);
  });

  test('is bounded', () => {
    const many = Array.from({ length: 10_001 }, (_, at) => ({
      addresses: [`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`],
    }));
    const { endpoints, warnings } = collectEndpoints([slice('IPv4', many)], '', undefined);
    expect(endpoints).toHaveLength(10_000);
    expect(warnings).toEqual([expect.stringContaining('only the first 10000 of 10001')]);
  });
});
