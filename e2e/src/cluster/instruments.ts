import { podPorts } from '../podPorts.ts';
import type { Worker } from './podTask.ts';

export const ledgerUrl = (namespace: string): string => `http://ledger.${namespace}:80`;

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

const podName = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

export interface Placed {
  readonly namespace: string;
  readonly image: string;
}

export interface UpstreamSettings {
  readonly name: string;
  readonly replicas: number;
  readonly version?: string;
  /** How long it serves on after it was told to end. */
  readonly graceMs?: number;
  readonly failPercent?: number;
}

/** A Deployment of the tests' backend and its Service on port 80. */
export function upstreamObjects({ namespace, image }: Placed, settings: UpstreamSettings): readonly object[] {
  const { name, replicas, version = 'v1', graceMs = 5_000, failPercent = 0 } = settings;
  const env = [
    podName,
    { name: 'VERSION', value: version },
    { name: 'LEDGER', value: ledgerUrl(namespace) },
    { name: 'GRACE_MS', value: `${graceMs}` },
    { name: 'FAIL_PERCENT', value: `${failPercent}` },
  ];
  const readinessProbe = { httpGet: { path: '/ready', port: podPorts.upstream }, periodSeconds: 1 };
  const container = { ...containerOf(image, 'upstream', podPorts.upstream), env, readinessProbe };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [container], terminationGracePeriodSeconds: 45, automountServiceAccountToken: false },
      },
    },
  };
  return [deployment, serviceOf(namespace, name, podPorts.upstream)];
}

/** The service that decides for routes with external authentication, and its Service on port 80. */
export function authObjects({ namespace, image }: Placed, name: string): readonly object[] {
  const readinessProbe = { httpGet: { path: '/ready', port: podPorts.upstream }, periodSeconds: 1 };
  const container = { ...containerOf(image, 'auth', podPorts.upstream), readinessProbe };
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [container], automountServiceAccountToken: false },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template },
  };
  return [deployment, serviceOf(namespace, name, podPorts.upstream)];
}

/** The ledger that upstreams report to, and its Service. */
export function ledgerObjects({ namespace, image }: Placed): readonly object[] {
  return [
    podOf(namespace, 'ledger', containerOf(image, 'ledger', podPorts.ledger)),
    serviceOf(namespace, 'ledger', podPorts.ledger),
  ];
}

/** The pod that sends load. */
export function clientObjects({ namespace, image }: Placed): readonly object[] {
  return [podOf(namespace, 'client', containerOf(image, 'client', podPorts.tasks))];
}

/** The pod that makes changes through the API server and asks gateways; it may do everything in the cluster. */
export function proberObjects({ namespace, image }: Placed): readonly object[] {
  const metadata = { name: 'prober', namespace };
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `prober-${namespace}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'prober', namespace }],
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    binding,
    podOf(namespace, 'prober', containerOf(image, 'prober', podPorts.tasks), 'prober'),
  ];
}

export const proberIn = (namespace: string): Worker => ({ namespace, pod: 'prober' });

export const clientIn = (namespace: string): Worker => ({ namespace, pod: 'client' });

export function namespaceObject(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function containerOf(image: string, role: string, port: number): object {
  return {
    name: role,
    image,
    args: [role],
    imagePullPolicy: 'IfNotPresent',
    ports: [{ containerPort: port }],
    securityContext: restricted,
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
  };
}

function podOf(namespace: string, name: string, container: object, serviceAccountName?: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      containers: [{ ...container, env: [podName] }],
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: serviceAccountName !== undefined,
      ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    },
  };
}

function serviceOf(namespace: string, name: string, targetPort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort }] },
  };
}
