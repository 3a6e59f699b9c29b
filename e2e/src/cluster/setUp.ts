import { mkdir, rm } from 'node:fs/promises';
import {
  type Arena,
  arenaNamespace,
  crowdNamespace,
  crowdSize,
  fleetName,
  installNamespace,
  openArena,
  writeArena,
} from './arena.ts';
import { removeInstallation } from './emptyCluster.ts';
import { eventually } from './eventually.ts';
import { record } from './figures.ts';
import { findCluster, resultsDirectory } from './findCluster.ts';
import { fleetSettled } from './fleet.ts';
import { grantKind } from './grantKind.ts';
import { loadImages } from './images.ts';
import {
  clientObjects,
  ledgerObjects,
  namespaceObject,
  type Placed,
  proberObjects,
  upstreamObjects,
} from './instruments.ts';
import { buildInstrumentsImage } from './instrumentsImage.ts';
import { Kubectl } from './kubectl.ts';
import { PodTask } from './podTask.ts';
import { buildProductImages, imageNames } from './productImages.ts';
import { installRelease, removeRelease } from './release.ts';
import { backendRule, createRoute, crowdRoute, routeObject } from './routes.ts';

const CROWD_MS = 180_000;

/** Cluster, images, release, fleet, backends, instruments and a thousand routes. What is there is used again, except for routes. */
export default async function setUp(): Promise<void> {
  const lap = stopwatch();
  await mkdir(resultsDirectory, { recursive: true });
  await rm(`${resultsDirectory}/figures.md`, { force: true });
  const cluster = await findCluster();
  const kubectl = new Kubectl(cluster.kubeconfig);
  lap('cluster');
  const instrumentsImage = await buildInstrumentsImage();
  const product = await buildProductImages();
  lap('images');
  await loadImages(cluster, [instrumentsImage, ...imageNames(product)]);
  lap('load images');
  await writeArena({ cluster, instrumentsImage, product });
  const arena = await openArena();
  await clear(arena);
  lap('clear');
  await kubectl.apply([arenaNamespace, crowdNamespace].map(namespaceObject));
  await kubectl.apply([grantKind]);
  await installRelease(kubectl, product);
  lap('release');
  await kubectl.apply(objectsOf({ namespace: arenaNamespace, image: instrumentsImage }));
  await kubectl.apply(
    upstreamObjects({ namespace: crowdNamespace, image: instrumentsImage }, { name: 'page', replicas: 1 }),
  );
  await fleetSettled(arena, 3);
  await kubectl.run([...'wait --for=condition=Ready --timeout=120s pod --all -n'.split(' '), arenaNamespace]);
  lap('fleet');
  await createCrowd(arena);
  await kubectl.run(['wait', '--for=condition=Ready', '--timeout=120s', 'gatewayroute/load', '-n', arenaNamespace]);
  await crowdReady(arena);
  lap('routes');
  await record('Set-up, seconds', lap.seconds);
}

/** The fleet, its load's route and backend, and the instruments. */
function objectsOf(placed: Placed): readonly object[] {
  const fleet = {
    apiVersion: 'evergate.dev/v1alpha1',
    kind: 'GatewayFleet',
    metadata: {
      name: fleetName,
      namespace: placed.namespace,
      annotations: { 'evergate.dev/is-default-fleet': 'true' },
    },
    spec: {
      listeners: [
        { name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } },
        // Of its own, so that what is withdrawn there concerns nobody else.
        { name: 'tenants', port: 81, allowedRoutes: { namespaces: { from: 'All' } } },
      ],
      service: { type: 'ClusterIP' },
      // Small, so that six fit beside everything else.
      resources: { requests: { cpu: '100m', memory: '192Mi' }, limits: { memory: '512Mi' } },
    },
  };
  const load = routeObject({ name: 'load', rules: [backendRule('/load', 'stable')] });
  return [
    fleet,
    load,
    ...upstreamObjects(placed, { name: 'stable', replicas: 3 }),
    ...ledgerObjects(placed),
    ...clientObjects(placed),
    ...proberObjects(placed),
  ];
}

async function createCrowd({ kubectl, prober }: Arena): Promise<void> {
  const calls = Array.from({ length: crowdSize }, (_, number) => createRoute(crowdRoute(number)));
  const task = await PodTask.start(kubectl, prober, 'calls', calls);
  await task.result(CROWD_MS);
}

/** `kubectl wait` would ask for each of the thousand, one after the other. */
async function crowdReady({ kubectl }: Arena): Promise<void> {
  await eventually(CROWD_MS, 'all routes of the crowd to be ready', async () => {
    const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{" "}{end}';
    const states = await kubectl.run(['get', 'gatewayroute', '-n', crowdNamespace, '-o', `jsonpath=${path}`]);
    return (
      states
        .trim()
        .split(' ')
        .filter((state) => state === 'True').length === crowdSize
    );
  });
}

/** What earlier runs left, as each begins with new routes. */
async function clear({ kubectl }: Arena): Promise<void> {
  await removeInstallation(kubectl);
  const namespaces = ['shop', 'evergate-e2e-tenant', installNamespace, crowdNamespace, arenaNamespace];
  await kubectl.delete(namespaces.map(namespaceObject), '180s');
}

/** Removes everything, unless EVERGATE_E2E_KEEP is set. */
export async function tearDown(): Promise<void> {
  if ((process.env['EVERGATE_E2E_KEEP'] ?? '') !== '') return;
  const arena = await openArena();
  await clear(arena);
  await removeRelease(arena.kubectl);
}

interface Stopwatch {
  (name: string): void;
  readonly seconds: Record<string, number>;
}

/** Keeps how long each piece took. */
function stopwatch(): Stopwatch {
  let last = performance.now();
  const seconds: Record<string, number> = {};
  const lap = (name: string): void => {
    const now = performance.now();
    seconds[name] = (now - last) / 1_000;
    last = now;
    process.stdout.write(`e2e: ${name} after ${seconds[name]?.toFixed(1)} s\n`);
  };
  return Object.assign(lap, { seconds });
}
