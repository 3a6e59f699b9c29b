import type { GatewayAddress, LoadBalancer } from './loadBalancer.ts';

/** Requests without side effects (RFC 9110, 9.2.1): these may be sent twice. */
const SAFE = '{ method GET HEAD OPTIONS TRACE }';

/**
 * A whole file for HAProxy. A request goes to the next gateway where one cannot be connected to; one without side effects also where
 * the gateway breaks off, is late, or answers 502 or 503.
 */
export function haproxyConfig(balancer: LoadBalancer): string {
  return `${[...head(balancer), ...frontend(balancer), '', ...backend(balancer)].join('\n')}\n`;
}

function head({ fleet, connectTimeoutSeconds, readTimeoutSeconds, keptSeconds }: LoadBalancer): readonly string[] {
  return [
    `# HAProxy in front of GatewayFleet ${fleet}.`,
    '# Gateways believe its X-Forwarded-For where the fleet says clientTraffic.clientAddress.trustedHops: 1.',
    'defaults',
    '    mode http',
    `    timeout connect ${connectTimeoutSeconds}s`,
    '    timeout client 60s',
    `    timeout server ${readTimeoutSeconds}s`,
    '    # Of connections that were upgraded, such as WebSockets.',
    '    timeout tunnel 1h',
    `    timeout http-keep-alive ${keptSeconds}s`,
    '',
  ];
}

function frontend({ port, hostname, certificate }: LoadBalancer): readonly string[] {
  // HAProxy takes the key from <certificate>.key where the certificate's file does not hold it.
  const tls = certificate === undefined ? '' : ` ssl crt ${certificate.certificate} ssl-min-ver TLSv1.2`;
  return [
    'frontend clients',
    `    bind :${port}${tls}`,
    ...(certificate === undefined
      ? ['    # Without TLS; --certificate and --key make it listen with ssl.']
      : [`    # The key stands in the same file, or in ${certificate.certificate}.key (here: ${certificate.key}).`]),
    ...(hostname === '' ? [] : [`    http-request deny deny_status 421 unless ${isFor(hostname)}`]),
    '    http-request set-header X-Forwarded-Proto https if { ssl_fc }',
    '    http-request set-header X-Forwarded-Proto http unless { ssl_fc }',
    '    option forwardfor',
    '    default_backend evergate',
  ];
}

/** Of a wildcard, every name below it. */
function isFor(hostname: string): string {
  const host = '{ req.hdr(host),host_only';
  return hostname.startsWith('*.') ? `${host} -i -m end ${hostname.slice(1)} }` : `${host} -i ${hostname} }`;
}

function backend(balancer: LoadBalancer): readonly string[] {
  const { gateways, balance, healthPath, maxFails, failSeconds } = balancer;
  const checks =
    healthPath === undefined ? [] : [`    option httpchk GET ${healthPath}`, '    http-check expect status 200'];
  return [
    'backend evergate',
    `    balance ${balance === 'least-conn' ? 'leastconn' : 'roundrobin'}`,
    `    retries ${gateways.length}`,
    '    option redispatch 1',
    '    retry-on conn-failure empty-response response-timeout 502 503',
    `    http-request disable-l7-retry unless ${SAFE}`,
    ...checks,
    `    default-server check inter 2s fastinter 500ms fall 2 rise 1 observe layer4 error-limit ${maxFails} on-error mark-down slowstart ${failSeconds}s`,
    ...gateways.map(serverLine),
  ];
}

function serverLine({ address, weight }: GatewayAddress, index: number): string {
  return `    server gateway-${index + 1} ${address} weight ${weight}`;
}
