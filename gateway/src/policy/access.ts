import type { Access } from '@evergate/contract/authSettings';
import { compileRanges } from './addressRanges.ts';

/** Whether a client with this address may come in. */
export type AllowsAddress = (address: string) => boolean;

/** Compiles ranges: what is denied is refused whatever is allowed, and with `allow` empty everyone else may come in. */
export function compileAccess({ allow, deny }: Access): AllowsAddress {
  const denies = compileRanges(deny);
  if (allow.length === 0) return (address) => !denies(address);
  const allows = compileRanges(allow);
  return (address) => allows(address) && !denies(address);
}
