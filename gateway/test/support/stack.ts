import type { Rule } from '@evergate/contract/routeTable';
import { type GatewayOptions, GatewayUnderTest, to } from './gatewayUnderTest.ts';
import type { RawClient } from './rawClient.ts';
import { RawUpstream, type SeenRequest, type UpstreamScript } from './rawUpstream.ts';

/** A gateway before one backend, `app`, and a client. */
export interface Stack extends AsyncDisposable {
  readonly upstream: RawUpstream;
  readonly gateway: GatewayUnderTest;
  readonly client: RawClient;
}

/** What the backend does: bytes that answer each request, what is done with each, or a whole script. */
export type Reply = string | ((request: SeenRequest) => void) | UpstreamScript;

/** What differs from the usual gateway; `rule` changes its one rule. */
export type StackOptions = Omit<GatewayOptions, 'backends' | 'rules'> & { readonly rule?: Partial<Rule> };

export async function startStack(reply: Reply = {}, { rule, ...options }: StackOptions = {}): Promise<Stack> {
  const stack = new AsyncDisposableStack();
  const script = typeof reply === 'string' ? (request: SeenRequest) => void request.socket.write(reply) : reply;
  const upstream = stack.use(await RawUpstream.start(script));
  const backends = { app: [upstream.port] };
  const gateway = stack.use(await GatewayUnderTest.start({ ...options, backends, rules: [to('app', rule)] }));
  const client = stack.use(await gateway.client());
  return { upstream, gateway, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
