import type { Logger } from '@evergate/process/log';
import type { ControllerEvent } from './controllerEvent.ts';
import type { EventRecorder } from './kube/events.ts';
import { type KubeObject, objectKey } from './kube/kubeObject.ts';
import { apiVersionOf, gatewayFleets, type Resource } from './kube/resource.ts';
import { transitions } from './status/transitions.ts';

/** Tells people what the controller did: in the log, and as Events where a condition turned. */
export function narrate(event: ControllerEvent, log: Logger, recorder: Pick<EventRecorder, 'record'>): void {
  switch (event.type) {
    case 'reconciled':
      return logOutcome(event, log);
    case 'failed':
      return log.warn('a fleet could not be reconciled; trying again', {
        fleet: event.fleet,
        error: event.error,
        retryMs: Math.round(event.retryMs),
      });
    case 'published':
      if (event.event.type === 'damaged') {
        log.warn('documents were damaged and are written anew', { fleet: event.fleet, problems: event.event.problems });
      }
      return;
    case 'forgotten':
      return log.info('a fleet is gone', { fleet: event.fleet });
    case 'acknowledged':
    case 'counted':
    case 'propagated':
      return;
    case 'eviction':
      return tellEviction(event, log, recorder);
    case 'untold':
      return log.warn('the kubelet of a pod could not be told of new documents; trying again', {
        fleet: event.fleet,
        pod: event.pod,
        error: event.error,
      });
    case 'statusWritten':
      return recordTransitions(event.resource, event.now, event.before, recorder);
    case 'statusFailed':
      return log.warn('a status could not be written; trying again', {
        kind: event.resource.kind,
        object: event.key,
        error: event.error,
      });
  }
}

function tellEviction(
  { fleet, eviction }: Extract<ControllerEvent, { readonly type: 'eviction' }>,
  log: Logger,
  recorder: Pick<EventRecorder, 'record'>,
): void {
  const { outcome, pod, why } = eviction;
  const error = eviction.outcome === 'Failed' ? { error: eviction.error } : {};
  log.warn('a gateway is stuck on an older table', { fleet: objectKey(fleet.metadata), pod, why, outcome, ...error });
  const regarding = { apiVersion: apiVersionOf(gatewayFleets), kind: gatewayFleets.kind, metadata: fleet.metadata };
  const said = outcome === 'Evicted' ? 'was evicted' : 'should be evicted, which is not possible now';
  const note = `Pod ${pod} ${said}: for a minute it has not taken the table that all others serve (${why})`;
  recorder.record(regarding, { type: 'Warning', reason: 'GatewayStuck', action: 'Evict', note });
}

function logOutcome(
  { fleet, tookMs, outcome }: Extract<ControllerEvent, { readonly type: 'reconciled' }>,
  log: Logger,
): void {
  const took = { fleet, tookMs: Math.round(tookMs) };
  if (outcome.outcome === 'HeldBack' && outcome.finding.reason === 'TooLarge') {
    return log.error('a table does not fit; the last one stays', { ...took, message: outcome.finding.message });
  }
  if (outcome.outcome !== 'Published')
    return log.debug('a fleet was reconciled', { ...took, outcome: outcome.outcome });
  const { published, writes, bytes } = outcome;
  log.info('a table was published', { ...took, epoch: published.epoch, sequence: published.sequence, writes, bytes });
}

function recordTransitions(
  resource: Resource,
  now: KubeObject,
  before: KubeObject,
  recorder: Pick<EventRecorder, 'record'>,
): void {
  const regarding = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: now.metadata };
  for (const { isGood, condition } of transitions(now, before)) {
    recorder.record(regarding, {
      type: isGood ? 'Normal' : 'Warning',
      reason: condition.reason,
      action: 'Reconcile',
      note: condition.message,
    });
  }
}
