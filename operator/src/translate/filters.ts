import type { Filter, HeaderEdit, PathEdit } from '@evergate/contract/routeTable';
import type { PathModifier, RouteFilter } from '@evergate/crds/routeFilters';

type HeaderModifier = Extract<RouteFilter, { type: 'RequestHeaderModifier' }>['requestHeaderModifier'];
type Mirror = Extract<RouteFilter, { type: 'RequestMirror' }>['requestMirror'];

/** Finds the backend that a filter names, by its position among the rule's filters; undefined where there is none to use. */
export type ResolveMirror = (ref: Mirror['backendRef'], position: number) => string | undefined;

/**
 * Brings a rule's filters into the table's form, in their order. A mirror without a backend is left out, as Gateway API asks
 * (`HTTPRequestMirrorFilter.backendRef`): the request itself is served.
 */
export function readFilters(filters: readonly RouteFilter[], resolveMirror: ResolveMirror): readonly Filter[] {
  return filters.flatMap((filter, position) => {
    if (filter.type !== 'RequestMirror') return [readFilter(filter)];
    const backend = resolveMirror(filter.requestMirror.backendRef, position);
    return backend === undefined ? [] : [{ type: filter.type, backend, percent: filter.requestMirror.percent }];
  });
}

function readFilter(filter: Exclude<RouteFilter, { type: 'RequestMirror' }>): Filter {
  switch (filter.type) {
    case 'RequestHeaderModifier':
      return { type: filter.type, edit: readHeaderEdit(filter.requestHeaderModifier) };
    case 'ResponseHeaderModifier':
      return { type: filter.type, edit: readHeaderEdit(filter.responseHeaderModifier) };
    case 'URLRewrite': {
      const { hostname, path } = filter.urlRewrite;
      return { type: filter.type, ...(hostname === undefined ? {} : { hostname }), ...readPathEdit(path) };
    }
    case 'RequestRedirect': {
      const { path, ...fields } = filter.requestRedirect;
      return { type: filter.type, ...fields, ...readPathEdit(path) };
    }
    case 'CORS': {
      const { maxAge, ...fields } = filter.cors;
      return { type: filter.type, ...fields, maxAgeSeconds: maxAge };
    }
    case 'DirectResponse':
      return { type: filter.type, ...filter.directResponse };
  }
}

function readHeaderEdit({ set, add, remove }: HeaderModifier): HeaderEdit {
  return {
    set: set.map(({ name, value }) => [name, value]),
    add: add.map(({ name, value }) => [name, value]),
    remove: remove.map((name) => name.toLowerCase()),
  };
}

function readPathEdit(path: PathModifier | undefined): { readonly path?: PathEdit } {
  if (path === undefined) return {};
  if (path.type === 'ReplaceFullPath') return { path: { type: path.type, value: path.replaceFullPath } };
  return { path: { type: path.type, value: path.replacePrefixMatch } };
}
