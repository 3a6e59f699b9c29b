import type { Logger } from '@evergate/process/log';
import type { Counters } from './observe/counters.ts';
import type { ReloadEvent } from './reload/reloadEvent.ts';
import { orderOf } from './reload/stageRoutes.ts';

/** Logs and counts what happens while documents are reloaded: the one place where that is done. */
export function reportReload(event: ReloadEvent, log: Logger, counters: Counters): void {
  switch (event.type) {
    case 'swapped':
      log.info('document swapped in', {
        document: event.kind,
        source: event.source,
        ...event.order,
        parsedParts: event.parsedParts,
      });
      return;
    case 'refused':
      counters.reloadsRefused++;
      log.error('document refused; the last good one is still served', {
        document: event.kind,
        source: event.source,
        problems: event.problems,
      });
      return;
    case 'leftOut':
      log.error('rules left out of the table that is served', { problems: event.problems });
      return;
    case 'ignoredFields':
      log.warn('fields ignored that this version does not know', { document: event.kind, fields: event.fields });
      return;
    case 'older':
      log.debug('older document ignored', {
        document: event.kind,
        source: event.source,
        offered: orderOf(event.offered),
        newest: orderOf(event.newest),
      });
      return;
    case 'anotherFleet':
      log.warn('documents come from another fleet object', { document: event.kind, from: event.from, to: event.to });
      return;
    case 'waiting':
      log.warn('rules are served before their endpoints or secrets came', { rules: event.rules });
      return;
    case 'failed':
      log.error('reloading failed; what was served before still is', { error: event.error });
      return;
    case 'sourceProblem':
      log.warn('documents could not be read; trying on', { source: event.source, problem: event.message });
  }
}
