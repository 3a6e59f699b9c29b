import type { GatewayAddress, LoadBalancer } from './loadBalancer.ts';

/**
 * A file for the `http` block of nginx (conf.d). A request goes to the next gateway where one cannot be connected to, breaks off, is late
 * or answers 502 or 503; nginx itself leaves out those with side effects that were sent already (no `non_idempotent`).
 */
export function nginxConfig(balancer: LoadBalancer): string {
  return `${[...head(balancer), ...upstream(balancer), '', ...server(balancer)].join('\n')}\n`;
}

function head({ fleet, certificate }: LoadBalancer): readonly string[] {
  const tls = certificate === undefined ? ['# Without TLS; --certificate and --key make it listen with ssl.'] : [];
  return [
    `# nginx in front of GatewayFleet ${fleet}: a file for the http block, such as /etc/nginx/conf.d/evergate.conf.`,
    '# Gateways believe its X-Forwarded-For where the fleet says clientTraffic.clientAddress.trustedHops: 1.',
    ...tls,
    '',
  ];
}

function upstream({ gateways, balance, maxFails, failSeconds, keptSeconds }: LoadBalancer): readonly string[] {
  const server = ({ address, weight }: GatewayAddress): string =>
    `    server ${address} weight=${weight} max_fails=${maxFails} fail_timeout=${failSeconds}s;`;
  return [
    '# An upgrade, such as to a WebSocket, is passed on; otherwise connections are kept.',
    'map $http_upgrade $evergate_connection {',
    "    ''      '';",
    '    default upgrade;',
    '}',
    '',
    'upstream evergate {',
    '    # All workers of nginx know which gateway fails.',
    '    zone evergate 64k;',
    ...(balance === 'least-conn' ? ['    least_conn;'] : []),
    ...gateways.map(server),
    '    keepalive 64;',
    '    # Shorter than clientTraffic.idleTimeout of the fleet.',
    `    keepalive_timeout ${keptSeconds}s;`,
    '}',
  ];
}

function server(balancer: LoadBalancer): readonly string[] {
  const { gateways, hostname, port, connectTimeoutSeconds, readTimeoutSeconds, failSeconds } = balancer;
  return [
    'server {',
    ...listen(balancer),
    `    server_name ${hostname === '' ? '_' : hostname};`,
    "    # Limits of bodies are the gateways'.",
    '    client_max_body_size 0;',
    '',
    '    location / {',
    '        proxy_pass http://evergate;',
    '        proxy_http_version 1.1;',
    '        proxy_set_header Host $http_host;',
    '        proxy_set_header Connection $evergate_connection;',
    '        proxy_set_header Upgrade $http_upgrade;',
    '        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '        proxy_set_header X-Forwarded-Proto $scheme;',
    `        proxy_set_header X-Forwarded-Port ${port};`,
    `        proxy_connect_timeout ${connectTimeoutSeconds}s;`,
    `        proxy_read_timeout ${readTimeoutSeconds}s;`,
    '        # Responses stream.',
    '        proxy_buffering off;',
    '        # An answer 502 or 503 counts as a failure of the gateway: leave them out where backends often give them.',
    '        proxy_next_upstream error timeout http_502 http_503;',
    `        proxy_next_upstream_tries ${gateways.length};`,
    `        proxy_next_upstream_timeout ${failSeconds}s;`,
    '    }',
    '}',
  ];
}

function listen({ port, certificate }: LoadBalancer): readonly string[] {
  if (certificate === undefined) return [`    listen ${port};`];
  return [
    `    listen ${port} ssl;`,
    `    ssl_certificate ${certificate.certificate};`,
    `    ssl_certificate_key ${certificate.key};`,
    '    ssl_protocols TLSv1.2 TLSv1.3;',
    '    ssl_session_cache shared:evergate_tls:10m;',
    '    ssl_session_timeout 1h;',
  ];
}
