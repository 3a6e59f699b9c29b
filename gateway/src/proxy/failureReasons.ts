import type { Failure } from '../upstream/attempt.ts';
import type { UpstreamErrorKind } from './gateway.ts';
import type { Reason } from './reasons.ts';
import type { TryFailure } from './retries.ts';

/** How failed attempts are counted. */
export const errorKinds: Readonly<Record<Failure, UpstreamErrorKind>> = {
  Unsent: 'ConnectFailed',
  NoHead: 'NoHead',
  BodyBroken: 'BodyBroken',
  Refused: 'Refused',
};

/** What the client is told when there is no other try; a response with a code is passed on as it is. */
export const failureReasons: Readonly<Record<Exclude<TryFailure, 'Code'>, Reason>> = {
  Unsent: 'ConnectFailed',
  Reset: 'UpstreamBroken',
  Timeout: 'BackendDeadline',
};
