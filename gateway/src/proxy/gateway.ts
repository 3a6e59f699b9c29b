import type { BackendEndpoints } from '@evergate/contract/endpoints';
import { defaultErrors } from '@evergate/contract/errorSettings';
import type { Exchange } from '../listen/exchange.ts';
import { headerValue } from '../match/headerValue.ts';
import type { AccessLog } from '../observe/accessLog.ts';
import type { Counters } from '../observe/counters.ts';
import { RandomHex } from '../observe/randomHex.ts';
import { acceptRequestId } from '../observe/requestId.ts';
import type { LocalAnswer } from '../policy/policyRequest.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Backends } from '../upstream/backends.ts';
import { BodyGarbage } from './bodyGarbage.ts';
import { type ClientTrust, compileClientTrust } from './clientAddress.ts';
import type { Deadlines } from './deadlines.ts';
import { compileProblemAnswers, type ProblemAnswers } from './problemAnswers.ts';
import { headerOf, type ProxiedRequest } from './proxiedRequest.ts';
import type { Reason } from './reasons.ts';

const random = new RandomHex();

/** Kinds of failed attempts, for the metrics' closed label set. */
export type UpstreamErrorKind = 'ConnectFailed' | 'NoHead' | 'BodyBroken' | 'Deadline' | 'Refused';
export const upstreamErrorKinds: readonly UpstreamErrorKind[] = [
  'ConnectFailed',
  'NoHead',
  'BodyBroken',
  'Deadline',
  'Refused',
];

/** What every request needs of the process. One a process; the table in it is exchanged by one assignment. */
export class Gateway {
  readonly counters: Counters<Reason, UpstreamErrorKind>;
  readonly backends: Backends;
  readonly deadlines: Deadlines;
  readonly accessLog: AccessLog;
  readonly bodyGarbage: BodyGarbage = new BodyGarbage();
  /** Hears of errors in policies: bugs of ours. */
  onPolicyFailed: (error: unknown) => void = () => {};
  /** Answered by the data port's health paths. */
  ready = false;
  #snapshot: Snapshot | undefined;
  #trust: ClientTrust = compileClientTrust({ trustedHops: 0, trustedCIDRs: [] });
  #listenerPorts: ReadonlyMap<string, number> = new Map();
  #problems: ProblemAnswers = compileProblemAnswers(defaultErrors);

  constructor(parts: Pick<Gateway, 'counters' | 'backends' | 'deadlines' | 'accessLog'>) {
    this.counters = parts.counters;
    this.backends = parts.backends;
    this.deadlines = parts.deadlines;
    this.accessLog = parts.accessLog;
  }

  /** The table served now; undefined before the first. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get trust(): ClientTrust {
    return this.#trust;
  }

  /** Where a request comes from, as far as hops in front are believed. */
  clientAddress({ peer, headers }: Exchange): string {
    const { address } = peer;
    if (!this.#trust.trusts(address)) return address;
    return this.#trust.clientAddress(address, headerValue(headers, 'x-forwarded-for'));
  }

  /** Whether the client spoke https, as far as hops in front are believed. */
  isSecure({ peer, headers, scheme }: Exchange): boolean {
    if (!this.#trust.trusts(peer.address)) return scheme === 'https';
    const [said = scheme] = headerValue(headers, 'x-forwarded-proto')?.split(',') ?? [];
    return said.trim().toLowerCase() === 'https';
  }

  listenerPort(name: string): number {
    return this.#listenerPorts.get(name) ?? 0;
  }

  /** What `request` is answered because of `reason`. */
  problemAnswer(reason: Reason, request: ProxiedRequest): LocalAnswer {
    const isTrusted = this.#trust.trusts(request.exchange.peer.address);
    // Answered before it was forwarded, it has no id yet.
    request.requestId ||= acceptRequestId(headerOf(request.headers, 'x-request-id'), isTrusted) ?? random.draw(16);
    const accept = headerOf(request.headers, 'accept');
    return this.#problems({ reason, requestId: request.requestId, accept, isTrusted });
  }

  /** Serves `snapshot` from the next request on. */
  serve(snapshot: Snapshot): void {
    const { clientTraffic, listeners, telemetry, errors = defaultErrors } = snapshot.settings;
    this.#problems = compileProblemAnswers(errors);
    this.#trust = compileClientTrust(clientTraffic.clientAddress);
    this.#listenerPorts = new Map(listeners.map(({ name, port }) => [name, port]));
    this.accessLog.configure(telemetry.accessLog);
    this.#snapshot = snapshot;
  }

  /** Sends requests to these endpoints from the next one on. */
  serveEndpoints(listed: Iterable<BackendEndpoints>): void {
    this.backends.update(listed);
  }
}
