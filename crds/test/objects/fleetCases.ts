import { caseOf, type ObjectCase, objectOf, type Refusal } from './objectCase.ts';

function fleet(what: string, spec: object, refused?: Refusal): ObjectCase {
  return caseOf(what, objectOf('GatewayFleet', spec), refused);
}

function traffic(what: string, clientTraffic: object, refused?: Refusal): ObjectCase {
  return fleet(what, { clientTraffic }, refused);
}

const addressAt = 'spec.clientTraffic.clientAddress';

export const fleetCases: readonly ObjectCase[] = [
  fleet('a fleet with nothing said', {}),
  fleet('a fleet with everything said', {
    listeners: [
      { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } },
      { name: 'shop', port: 80, protocol: 'HTTP', hostname: '*.shop.example.com' },
      { name: 'other', port: 8080 },
    ],
    shutdown: { propagationDelay: '0s', drainTimeout: '1m' },
    clientTraffic: {
      clientAddress: { trustedCIDRs: ['10.0.0.0/8', 'fd00::/8'] },
      headerTimeout: '5s',
      idleTimeout: '2m',
      maxConnectionAge: '30s',
      maxHeaderBytes: 16_384,
      maxHeaderCount: 50,
      maxTargetBytes: 4096,
      maxRequestBodyBytes: 1_099_511_627_776,
      maxConnections: 1000,
      healthPathPrefix: '',
    },
    telemetry: { accessLog: { mode: 'Sampled', percent: 0.5 }, metrics: { perRoute: 'None' } },
  }),
  fleet(
    'no listener',
    { listeners: [] },
    { path: 'spec.listeners', message: 'at least 1 entries', server: 'at least 1 items' },
  ),
  fleet(
    'two listeners with one name',
    {
      listeners: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    {
      path: 'spec.listeners[1]',
      message: 'an earlier entry of the list has the same',
      server: 'spec.listeners[1]: Duplicate value',
    },
  ),
  fleet(
    'two listeners that hear the same',
    {
      listeners: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    {
      path: 'spec.listeners',
      message: 'listeners on one port must differ in hostname',
    },
  ),
  fleet(
    'a protocol that does not work yet',
    { listeners: [{ name: 'a', port: 443, protocol: 'HTTPS' }] },
    {
      path: 'spec.listeners[0].protocol',
      message: 'found "HTTPS"; expected "HTTP"',
      server: 'Unsupported value: "HTTPS"',
    },
  ),
  fleet(
    'a field that does not work yet',
    { upgrade: { policy: 'Manual' } },
    {
      path: 'spec.upgrade',
      message: 'unknown field; expected one of replicas',
      server: 'unknown field "spec.upgrade"',
    },
  ),
  fleet(
    'a drain beyond an hour',
    { shutdown: { drainTimeout: '61m' } },
    {
      path: 'spec.shutdown.drainTimeout',
      message: 'must be a duration from 0s to 1h',
    },
  ),
  traffic(
    'hops and addresses',
    { clientAddress: { trustedHops: 1, trustedCIDRs: ['10.0.0.0/8'] } },
    {
      path: addressAt,
      message: 'set trustedHops or trustedCIDRs, not both',
    },
  ),
  traffic('hops and no addresses', { clientAddress: { trustedHops: 1, trustedCIDRs: [] } }),
  traffic('addresses and no hops', { clientAddress: { trustedHops: 0, trustedCIDRs: ['10.0.0.0/8'] } }),
  traffic(
    'an address without a length',
    { clientAddress: { trustedCIDRs: ['10.0.0.1'] } },
    {
      path: `${addressAt}.trustedCIDRs[0]`,
      message: 'must be an address range',
    },
  ),
  traffic(
    'an address with a length beyond its bits',
    { clientAddress: { trustedCIDRs: ['10.0.0.0/33'] } },
    {
      path: `${addressAt}.trustedCIDRs[0]`,
      message: 'must be an address range',
    },
  ),
  traffic(
    'an address that is none',
    { clientAddress: { trustedCIDRs: ['10.0.0.256/24'] } },
    {
      path: `${addressAt}.trustedCIDRs[0]`,
      message: 'must be an address range',
    },
  ),
  traffic(
    'no time for headers',
    { headerTimeout: '0s' },
    {
      path: 'spec.clientTraffic.headerTimeout',
      message: 'must be a duration from 100ms to 10m',
    },
  ),
  traffic(
    'hardly room for headers',
    { maxHeaderBytes: 1023 },
    {
      path: 'spec.clientTraffic.maxHeaderBytes',
      message: 'expected at least 1024',
      server: 'should be greater than or equal to 1024',
    },
  ),
  traffic(
    'half a connection',
    { maxConnections: 1.5 },
    {
      path: 'spec.clientTraffic.maxConnections',
      message: 'found 1.5; expected a whole number',
      server: 'must be of type integer',
    },
  ),
  traffic(
    'a health path with a slash at its end',
    { healthPathPrefix: '/health/' },
    {
      path: 'spec.clientTraffic.healthPathPrefix',
      message: 'expected a path without a slash at the end',
      server: 'in body should match',
    },
  ),
  fleet(
    'more than every request logged',
    { telemetry: { accessLog: { mode: 'Sampled', percent: 101 } } },
    {
      path: 'spec.telemetry.accessLog.percent',
      message: 'expected at most 100',
      server: 'should be less than or equal to 100',
    },
  ),
];
