import type { Logger } from '@evergate/gateway/observe/log';
import type { ControllerEvent } from './controller.ts';
import type { EventRecorder } from './kube/events.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { apiVersionOf, type Resource } from './kube/resource.ts';
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
    case 'acknowledged':
    case 'propagated':
      return;
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
