/** The outer part of an nginx configuration: one process in the foreground that leaves its files in its own directory. */
export function nginxConfig(directory: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.map((kind) => `  ${kind}_temp_path ${directory}/${kind};`).join('\n')}
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
${http}
}
`;
}
