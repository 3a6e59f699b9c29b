/**
 * Header fields, in lower case, that no filter may change: those that frame a message or belong to one connection (RFC 9110 7.6.1),
 * which gateways set themselves, `Host`, which a rewrite changes, and `Expect`, which a gateway answers itself.
 */
export const reservedHeaders: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
