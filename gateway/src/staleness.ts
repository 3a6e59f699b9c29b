import type { Contact } from './reload/watchSource.ts';

/** Why what is served may be old. */
export const staleReasons = ['Refused', 'NoContact', 'EndpointsOld'] as const;
export type StaleReason = (typeof staleReasons)[number];

/** A watch that is lost for less is as good as one that is not: it begins again in that time. */
const GRACE_MS = 5_000;
/** Pods come and go: endpoints that nobody followed for so long are no longer believed whole. */
const ENDPOINTS_MS = 300_000;

/**
 * `Refused`: the newest document is not served, for something is wrong with it. `NoContact`: the API server cannot be reached, what is
 * served comes from the mount, the copy or the time before. `contact` is undefined for a gateway that does not watch.
 */
export function staleness(isRefused: boolean, contact: Contact | undefined, now: number): readonly StaleReason[] {
  const reasons: StaleReason[] = isRefused ? ['Refused'] : [];
  if (contact?.lostSince === undefined) return reasons;
  const lostForMs = now - contact.lostSince;
  if (contact.lastAt === undefined || lostForMs > GRACE_MS) reasons.push('NoContact');
  if (lostForMs > ENDPOINTS_MS) reasons.push('EndpointsOld');
  return reasons;
}
