/** Carries {@link RequestId}; the upstream answers with the same. */
export const idHeader = 'x-e2e-id';

/** Tells the upstream who asks, as gateways found out; told back like the id. */
export const identityHeader = 'x-e2e-identity';

/** A request of the load: which run it belongs to, and its number there. */
export interface RequestId {
  readonly run: string;
  readonly number: number;
}

export function formatId({ run, number }: RequestId): string {
  return `${run}.${number}`;
}

/** Undefined for requests that belong to no run: probes of the kubelet, for example. */
export function parseId(text: unknown): RequestId | undefined {
  const [, run, number] = (typeof text === 'string' ? text : '').match(/^([a-z0-9-]{1,64})\.(\d{1,9})$/) ?? [];
  return run === undefined ? undefined : { run, number: Number(number) };
}
