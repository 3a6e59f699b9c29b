import { type Claimant, compareAge } from '@evergate/contract/precedence';
import type { Problem } from '@evergate/contract/problem';
import type { BackendSettings } from '@evergate/contract/routeTable';
import type { BackendPolicySpec } from '@evergate/crds/backendPolicy';
import type { Service } from '@evergate/crds/kubernetes';
import { apiVersion, type ObjectMeta } from '@evergate/crds/objectMeta';
import { parseObject } from '@evergate/crds/parse';
import { defaultBackendSettings, readBackendSettings } from './backendSettings.ts';
import type { ResolveBackend } from './backends.ts';
import { fieldOf, unixSeconds } from './fields.ts';
import {
  type ConditionVerdict,
  type Finding,
  joinMessages,
  type ObjectIdentity,
  type PolicyVerdict,
} from './verdict.ts';

export interface Policies {
  /** Oldest first. */
  readonly verdicts: readonly PolicyVerdict[];
  /** How the backend `id`, a port of the Service `<namespace>/<name>`, is treated. */
  readonly settingsOf: (id: string, service: string) => BackendSettings;
}

interface Policy {
  readonly identity: ObjectIdentity & Claimant;
  /** Names of Services, with their namespace. */
  readonly targets: readonly string[];
  /** Absent where `problems` says why. */
  readonly settings?: Omit<BackendSettings, 'id'> | undefined;
  readonly problems: readonly Problem[];
  /** A fallback that leads nowhere: the breaker does without it. */
  readonly unresolved?: Finding | undefined;
}

/**
 * Finds the policy of each Service: the oldest that names it, then the first by name. A broken policy keeps its Services, treated as
 * `previous` says, so that a mistake in it changes nothing.
 */
export function resolvePolicies(
  objects: readonly unknown[],
  services: readonly Service[],
  previous: ReadonlyMap<string, BackendSettings>,
  resolve: ResolveBackend,
): Policies {
  const known = new Set(services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const holders = new Map<string, Policy>();
  const policies = objects
    .map((object) => readPolicy(object, resolve))
    .sort((a, b) => compareAge(a.identity, b.identity));
  const verdicts = policies.map((policy) => {
    const taken = policy.targets.filter((target) => holders.has(target));
    const conflicts = taken.map((target) => `Service ${target} is held by ${nameOf(holders.get(target))}`);
    for (const target of policy.targets) if (!holders.has(target)) holders.set(target, policy);
    const missing = policy.targets.filter((target) => !known.has(target));
    const conditions = conditionsOf(policy, missing, conflicts);
    if (policy.settings?.circuitBreaker === undefined) return { policy: identityOf(policy), conditions };
    const guarded = policy.targets.filter((target) => !taken.includes(target));
    return { policy: identityOf(policy), guarded, conditions };
  });
  const settingsOf = (id: string, service: string): BackendSettings => {
    const holder = holders.get(service);
    const kept = holder !== undefined && holder.settings === undefined ? previous.get(id) : undefined;
    return kept ?? { id, ...(holder?.settings ?? defaultBackendSettings) };
  };
  return { verdicts, settingsOf };
}

function readPolicy(object: unknown, resolve: ResolveBackend): Policy {
  const parsed = parseObject('BackendPolicy', object);
  if (parsed.ok) {
    const { metadata, spec } = parsed.value;
    const { fallbackId, unresolved } = resolveFallback(metadata.namespace, spec, resolve);
    const settings = readBackendSettings(spec, fallbackId);
    return { ...claim(metadata, spec.targetRefs), settings, problems: [], unresolved };
  }
  const metadata = fieldOf(object, 'metadata');
  const spec = { targetRefs: fieldOf(fieldOf(object, 'spec'), 'targetRefs') };
  const salvaged = parseObject('BackendPolicy', { apiVersion, kind: 'BackendPolicy', metadata, spec });
  const claimed = salvaged.ok ? claim(salvaged.value.metadata, salvaged.value.spec.targetRefs) : unnamed(metadata);
  return { ...claimed, problems: parsed.problems };
}

function claim(
  metadata: ObjectMeta,
  targetRefs: BackendPolicySpec['targetRefs'],
): Pick<Policy, 'identity' | 'targets'> {
  const { namespace, name, generation, creationTimestamp } = metadata;
  const identity = { namespace, name, generation, createdAt: unixSeconds(creationTimestamp) };
  return { identity, targets: targetRefs.map((ref) => `${namespace}/${ref.name}`) };
}

/** Its targets cannot be read, so it claims none; its name is shown as far as there is one. */
function unnamed(metadata: unknown): Pick<Policy, 'identity' | 'targets'> {
  const namespace = String(fieldOf(metadata, 'namespace') ?? 'default');
  const name = String(fieldOf(metadata, 'name') ?? '');
  return { identity: { namespace, name, generation: 0, createdAt: 0 }, targets: [] };
}

function resolveFallback(
  namespace: string,
  { circuitBreaker }: BackendPolicySpec,
  resolve: ResolveBackend,
): { readonly fallbackId?: string; readonly unresolved?: Finding } {
  const ref = circuitBreaker?.fallback?.backendRef;
  if (ref === undefined) return {};
  const resolution = resolve(namespace, ref);
  if (resolution.outcome === 'Resolved') return { fallbackId: resolution.backend.endpoints.id };
  const { reason, message } = resolution.finding;
  return { unresolved: { reason, message: `spec.circuitBreaker.fallback.backendRef: ${message}` } };
}

function conditionsOf(
  { problems, unresolved }: Policy,
  missing: readonly string[],
  conflicts: readonly string[],
): ConditionVerdict[] {
  return [
    problems.length > 0
      ? no('Accepted', 'UnsupportedValue', joinMessages(problems.map(({ path, message }) => `${path}: ${message}`)))
      : yes('Accepted', 'Accepted', 'The policy is valid'),
    resolvedRefs(missing, unresolved),
    conflicts.length > 0
      ? yes(
          'Conflicted',
          'Conflicted',
          `${joinMessages(conflicts)}, which is older or first by name; remove one of the targetRefs`,
        )
      : no('Conflicted', 'NoConflict', 'No other policy names the same Services'),
  ];
}

function resolvedRefs(missing: readonly string[], unresolved: Finding | undefined): ConditionVerdict {
  const type = 'ResolvedRefs';
  const absent = `Service ${missing.join(', ')} does not exist; create it or correct spec.targetRefs`;
  const messages = [...(missing.length > 0 ? [absent] : []), ...(unresolved === undefined ? [] : [unresolved.message])];
  if (messages.length === 0) return yes(type, 'ResolvedRefs', 'Every target exists');
  const reason = missing.length > 0 ? 'TargetNotFound' : (unresolved?.reason ?? 'BackendNotFound');
  return no(type, reason, joinMessages(messages));
}

function yes(type: ConditionVerdict['type'], reason: ConditionVerdict['reason'], message: string): ConditionVerdict {
  return { type, status: 'True', reason, message };
}

function no(type: ConditionVerdict['type'], reason: ConditionVerdict['reason'], message: string): ConditionVerdict {
  return { type, status: 'False', reason, message };
}

function identityOf({ identity: { namespace, name, generation } }: Policy): ObjectIdentity {
  return { namespace, name, generation };
}

function nameOf(policy: Policy | undefined): string {
  return `BackendPolicy ${policy?.identity.namespace}/${policy?.identity.name}`;
}
