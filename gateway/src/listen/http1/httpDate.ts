const SECOND_MS = 1_000;

let validUntil = 0;
let line = '';

/** The Date field (RFC 9110 6.6.1) as a line of a head; made once a second. `now` is milliseconds since the epoch. */
export function dateLine(now: number): string {
  if (now < validUntil && now >= validUntil - SECOND_MS) return line;
  const second = Math.floor(now / SECOND_MS) * SECOND_MS;
  validUntil = second + SECOND_MS;
  line = `date: ${new Date(second).toUTCString()}\r\n`;
  return line;
}
