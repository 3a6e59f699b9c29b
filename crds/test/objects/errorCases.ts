import { caseOf, type ObjectCase, objectOf, type Refusal } from './objectCase.ts';

function errors(what: string, spec: object, refused?: Refusal): ObjectCase {
  return caseOf(what, objectOf('GatewayFleet', { errors: spec }), refused);
}

export const errorCases: readonly ObjectCase[] = [
  errors('pages for errors', {
    reasonHeader: 'Always',
    pages: [
      { statuses: ['503'], contentType: 'text/html', body: '<p>Soon back. {requestId}</p>' },
      { statuses: ['400-499', '500-599'], body: '{status}' },
    ],
  }),
  errors(
    'a page for what is no error',
    { pages: [{ statuses: ['200'], body: '' }] },
    {
      path: 'spec.errors.pages[0].statuses[0]',
      message: 'expected a status from 400 to 599 or a range of them',
      server: 'spec.errors.pages[0].statuses[0]',
    },
  ),
  errors(
    'a page for nothing',
    { pages: [{ statuses: [], body: '' }] },
    {
      path: 'spec.errors.pages[0].statuses',
      message: 'expected at least 1 entries',
      server: 'at least 1 items',
    },
  ),
];
