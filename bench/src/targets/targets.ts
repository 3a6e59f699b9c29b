import { envoy } from './envoy.ts';
import { evergate } from './evergate.ts';
import { fastifyHttpProxy } from './fastifyHttpProxy.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import type { Target, TargetName } from './target.ts';

export const targets: Readonly<Record<TargetName, Target>> = {
  evergate,
  nginx,
  haproxy,
  envoy,
  'fastify-http-proxy': fastifyHttpProxy,
};
