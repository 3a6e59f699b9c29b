import { ApiError } from './apiError.ts';
import { isKubeObject, type KubeObject } from './kubeObject.ts';
import { apiVersionOf, type Resource } from './resource.ts';

/** Which objects are meant, of a kind. */
export interface Selection {
  /** All namespaces without it. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection {
  /** Objects a page. */
  readonly limit?: number | undefined;
  /** The next page, as the one before named it. */
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface WatchOptions extends Selection {
  /** What is known already; without it the watch begins anywhere near now. */
  readonly resourceVersion?: string | undefined;
  /** The API server ends the watch after this long. */
  readonly timeoutSeconds?: number | undefined;
}

export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

export interface Page extends ObjectList {
  /** Absent on the last page. */
  readonly continue: string | undefined;
}

/** The query of a list or, with bookmarks, of a watch. */
export function listQuery(options: ListOptions & WatchOptions, watch = false): URLSearchParams {
  const { namespace: _, ...rest } = options;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
  if (watch) {
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
  }
  return query;
}

/** Reads a page. Items get the `apiVersion` and `kind` that the API server leaves out of built-in kinds' lists. */
export function readPage(resource: Resource, value: unknown): Page {
  const { items, metadata } = (value ?? {}) as {
    items?: unknown;
    metadata?: { resourceVersion?: unknown; continue?: unknown };
  };
  const list: readonly unknown[] = items === null ? [] : Array.isArray(items) ? items : [undefined];
  if (!list.every(isKubeObject) || typeof metadata?.resourceVersion !== 'string') {
    throw new ApiError({ status: 0, reason: 'BadAnswer', message: `the answer is no list of ${resource.plural}` });
  }
  const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const next = metadata.continue;
  return {
    items: list.map((item) => ({ ...kind, ...item })),
    resourceVersion: metadata.resourceVersion,
    continue: typeof next === 'string' && next !== '' ? next : undefined,
  };
}
