import { filterCases } from './filterCases.ts';
import { fleetCases } from './fleetCases.ts';
import type { ObjectCase } from './objectCase.ts';
import { policyCases } from './policyCases.ts';
import { routeCases } from './routeCases.ts';

/** Every object that the parse and the API server must agree on. */
export const allCases: readonly ObjectCase[] = [...routeCases, ...filterCases, ...fleetCases, ...policyCases];
