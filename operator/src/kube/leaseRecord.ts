import type { KubeObject, OwnerReference } from './kubeObject.ts';
import { apiVersionOf, leases } from './resource.ts';

/** What a Lease object says. */
export interface LeaseRecord {
  /** Absent when nobody holds it. */
  readonly holder: string | undefined;
  readonly durationMs: number;
  readonly transitions: number;
  readonly acquireTime: string | undefined;
}

export function readLease(object: KubeObject): LeaseRecord {
  const spec = (object['spec'] ?? {}) as Record<string, unknown>;
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime } = spec;
  return {
    holder: typeof holderIdentity === 'string' && holderIdentity !== '' ? holderIdentity : undefined,
    durationMs: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1_000 : 0,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
    acquireTime: typeof acquireTime === 'string' ? acquireTime : undefined,
  };
}

export interface Holding {
  readonly identity: string;
  readonly durationMs: number;
  readonly wallMs: number;
}

/** The lease as its holder writes it: taken, or renewed when it was the holder's already. */
export function heldLease(from: KubeObject, { identity, durationMs, wallMs }: Holding): KubeObject {
  const { holder, transitions, acquireTime } = readLease(from);
  const isMine = holder === identity;
  return withSpec(from, {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: isMine && acquireTime !== undefined ? acquireTime : microTime(wallMs),
    renewTime: microTime(wallMs),
    leaseTransitions: isMine ? transitions : transitions + 1,
  });
}

/** The lease as its holder leaves it: nobody's, so that another takes it without waiting for its end. */
export function releasedLease(from: KubeObject, wallMs: number): KubeObject {
  const { transitions } = readLease(from);
  return withSpec(from, { leaseDurationSeconds: 1, renewTime: microTime(wallMs), leaseTransitions: transitions });
}

/** One that was never held. It goes with its owner, where it has one. */
export function newLease(namespace: string, name: string, owner?: OwnerReference): KubeObject {
  const metadata = { namespace, name, ...(owner === undefined ? {} : { ownerReferences: [owner] }) };
  return { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata };
}

function withSpec(from: KubeObject, spec: object): KubeObject {
  const { managedFields: _, ...metadata } = from.metadata;
  return { ...from, metadata, spec };
}

/** RFC 3339 with microseconds, which this type of the API server wants. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
