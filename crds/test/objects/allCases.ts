import { authCases } from './authCases.ts';
import { errorCases } from './errorCases.ts';
import { filterCases } from './filterCases.ts';
import { filterFieldCases } from './filterFieldCases.ts';
import { fleetCases } from './fleetCases.ts';
import { fleetPodCases } from './fleetPodCases.ts';
import { matchCases } from './matchCases.ts';
import type { ObjectCase } from './objectCase.ts';
import { policyCases } from './policyCases.ts';
import { retryCases } from './retryCases.ts';
import { routeCases } from './routeCases.ts';

/** Every object that the parse and the API server must agree on. */
export const allCases: readonly ObjectCase[] = [
  ...routeCases,
  ...matchCases,
  ...filterCases,
  ...filterFieldCases,
  ...fleetCases,
  ...fleetPodCases,
  ...errorCases,
  ...policyCases,
  ...authCases,
  ...retryCases,
];
