import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import { type FleetContent, publication } from '@evergate/operator/deliver/publication';
import { readFleet } from '@evergate/operator/translate/fleet';
import { fleetSettings } from '@evergate/operator/translate/settings';

/*
 * Prints what a fleet's documents take, by the number of its routes: the figures of docs/scale.md. Nothing is stored; what would be
 * is counted. `node --conditions=source deploy/src/scale.ts [ROUTES...]`.
 */

const BACKENDS_PER_ROUTE = 0.1;
const ENDPOINTS_PER_BACKEND = 5;
/** What an object may hold for the operator to write it, in bytes. */
const OBJECT_LIMIT = 900 * 1024;
/** As the operator stores them. */
const storage = { compressAboveBytes: 8 * 1024, carryBelowBytes: 16 * 1024 };

/** Of a fleet that says nothing. */
const settings: FleetSettings = fleetSettings(
  readFleet({ metadata: { name: 'fleet' }, spec: {} }, undefined).fleet.spec,
);

/** Random as hosts and UIDs are, and the same on every run: what repeats would compress too well. */
function hexOf(number: number, digits: number): string {
  let text = '';
  for (let state = number + 1; text.length < digits; ) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) ^ Math.imul(number + text.length + 7, 0x297a2d39);
    text += (state >>> 0).toString(16).padStart(8, '0');
  }
  return text.slice(0, digits);
}

function ruleOf(i: number, path = '/api'): Rule {
  const uid = [8, 4, 4, 4, 12].map((digits, part) => hexOf(i * 5 + part, digits)).join('-');
  const team = `team-${i % 500}`;
  return {
    id: `${team}/route-${i}/all`,
    route: {
      namespace: team,
      name: `route-${i}`,
      uid,
      generation: 1 + (i % 40),
      createdAt: 1_700_000_000_000 + i * 977,
    },
    name: 'all',
    position: 0,
    listeners: ['http'],
    hostnames: [`${hexOf(i % 5_000, 10)}.example.com`],
    matches: [{ path: { type: 'PathPrefix', value: `${path}/resource-${i}` }, headers: [], queryParams: [] }],
    filters: [],
    backends: [{ backend: `${team}/service-${Math.floor(i * BACKENDS_PER_ROUTE)}:80`, weight: 1 }],
    timeouts: {},
    limits: {},
  };
}

function contentOf(routes: number): FleetContent {
  const rules = Array.from({ length: routes }, (_, i) => ruleOf(i));
  const ids = [...new Set(rules.flatMap(({ backends }) => backends.flatMap(({ backend }) => backend ?? [])))];
  return {
    settings,
    rules,
    backends: ids.map((id) => ({ id, loadBalancing: { policy: 'LeastRequests' }, connectTimeoutMs: 5_000 })),
    endpoints: ids.map((id, i) => ({
      id,
      endpoints: Array.from({ length: ENDPOINTS_PER_BACKEND }, (_, pod) => {
        const address = i * ENDPOINTS_PER_BACKEND + pod;
        return {
          address: `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
          port: 8_080,
          ready: true,
          serving: true,
          terminating: false,
        };
      }),
    })),
    gateways: 3,
    secrets: [],
  };
}

function print(routes: number): void {
  const identity = { fleetUID: 'fleet', fleet: { namespace: 'edge', name: 'fleet' }, epoch: 1 };
  const content = contentOf(routes);
  const first = publication(content, undefined, identity, storage);
  const edited = content.rules.map((rule, i) => (i === 0 ? ruleOf(0, '/v2') : rule));
  const next = publication({ ...content, rules: edited }, first.state, identity, storage);
  const sizes = first.writes.map(({ text, gzip }) => gzip?.byteLength ?? Buffer.byteLength(text));
  const stored = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const plain = first.writes.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const edit = [...next.writes, ...next.state.unstored].reduce(
    (sum, { text, gzip }) => sum + (gzip?.byteLength ?? Buffer.byteLength(text)),
    0,
  );
  const largest = Math.max(...sizes);
  const row = [
    routes,
    sizes.length,
    ...[plain, stored, largest, edit].map((bytes) => `${Math.ceil(bytes / 1024)} KiB`),
  ];
  process.stdout.write(`| ${row.join(' | ')} | ${largest <= OBJECT_LIMIT ? 'fits' : 'too large'} |\n`);
}

process.stdout.write(
  '| Routes | Objects | As text | Stored | Largest object | One edit writes | |\n|---|---|---|---|---|---|---|\n',
);
const asked = process.argv.slice(2).map(Number);
for (const routes of asked.length > 0 ? asked : [100, 1_000, 10_000, 20_000, 50_000, 100_000]) print(routes);
