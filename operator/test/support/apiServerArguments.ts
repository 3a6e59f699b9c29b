import { join } from 'node:path';

/** The folder and ports of one control plane. */
export interface Layout {
  readonly folder: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly controllerPort: number;
}

/** What is stored lives as long as the tests, so nothing waits for the disk. */
export function etcdArguments({ folder, etcdPort, etcdPeerPort }: Layout): readonly string[] {
  const [client, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${etcdPeerPort}`];
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** It makes its own certificate, which stays over restarts. Pods need no service account here: nothing would make the default one. */
export function apiServerArguments({ folder, apiPort, etcdPort }: Layout): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--cert-dir=${join(folder, 'certs')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--disable-admission-plugins=ServiceAccount',
  ];
}

export function controllerManagerArguments({ folder, controllerPort }: Layout): readonly string[] {
  const kubeconfig = join(folder, 'kubeconfig');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${join(folder, 'sa.key')}`,
    '--leader-elect=false',
    `--secure-port=${controllerPort}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certs', 'controller-manager')}`,
    '--kube-api-qps=300',
    '--kube-api-burst=600',
  ];
}
