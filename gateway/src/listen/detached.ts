/**
 * A copy of a part of a request, for whoever keeps it: the parts of a head are views of the whole head's text, which one of them would
 * keep in memory. Latin1, as all of a head is.
 */
export function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
