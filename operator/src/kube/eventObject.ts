import type { KubeObject, ObjectMeta } from './kubeObject.ts';
import { microTime } from './leaseRecord.ts';
import { apiVersionOf, events } from './resource.ts';

/** What an event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Pick<ObjectMeta, 'name'> & { readonly namespace?: string | undefined; readonly uid?: string };
}

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  /** Why, for machines, as `NameConflict`. */
  readonly reason: string;
  /** What was done, for machines, as `Translate`. */
  readonly action: string;
  /** For people; cut at 1,024 bytes. */
  readonly note: string;
}

export interface Reporter {
  readonly controller: string;
  readonly instance: string;
  readonly wallMs: number;
  /** At least 0 and below 1; tells events of one millisecond apart. */
  readonly random: number;
}

const MAX_NOTE_BYTES = 1_024;
const MAX_PREFIX_CHARACTERS = 200;

/** An event that is new. Of what belongs to no namespace, it is in `default`. */
export function writtenEvent(regarding: Regarding, text: EventText, reporter: Reporter): KubeObject {
  const { apiVersion, kind, metadata } = regarding;
  const { name, namespace = 'default', uid } = metadata;
  const unique = `${reporter.wallMs.toString(16)}${Math.floor(reporter.random * 2 ** 32).toString(16)}`;
  return {
    apiVersion: apiVersionOf(events),
    kind: events.kind,
    metadata: { namespace, name: `${name.slice(0, MAX_PREFIX_CHARACTERS)}.${unique}` },
    eventTime: microTime(reporter.wallMs),
    type: text.type,
    reason: text.reason,
    action: text.action,
    note: cut(text.note),
    regarding: { apiVersion, kind, name, ...(uid === undefined ? {} : { uid }), namespace: metadata.namespace },
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, 128),
  };
}

/** The patch of an event that came to pass `count` times by now. */
export function repeatedEvent(count: number, wallMs: number): object {
  return { series: { count, lastObservedTime: microTime(wallMs) } };
}

function cut(note: string): string {
  let text = note.slice(0, MAX_NOTE_BYTES);
  if (Buffer.byteLength(text) <= MAX_NOTE_BYTES) return text;
  text = Buffer.from(text).subarray(0, MAX_NOTE_BYTES).toString('utf8');
  return text.replace(/\uFFFD$/u, '');
}
