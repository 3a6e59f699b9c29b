import type { z } from 'zod';
import { backendPolicySpec, backendPolicyStatus } from './backendPolicy.ts';
import { gatewayFleetSpec, gatewayFleetStatus } from './gatewayFleet.ts';
import { gatewayRouteSpec, gatewayRouteStatus } from './gatewayRoute.ts';
import { group, version } from './objectMeta.ts';
import { type StructuralSchema, structuralSchema, type Validation } from './structural.ts';

/** What `kubectl get` shows beside the name. */
interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** 1 shows it only with `-o wide`. */
  readonly priority?: number;
}

/** One of our kinds, as the API server and the reference know it. */
export interface CustomResource {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly summary: string;
  readonly specRequired: boolean;
  /** Rules for what stands outside of spec and status. */
  readonly rules?: readonly Validation[];
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly PrinterColumn[];
}

function conditionColumn(name: string, type: string, field: string, description: string): PrinterColumn {
  return { name, type: 'string', jsonPath: `.status.conditions[?(@.type=="${type}")].${field}`, description };
}

const ready = conditionColumn('Ready', 'Ready', 'status', 'Whether everything is well');
const reason = conditionColumn('Reason', 'Ready', 'reason', 'Why it is ready or not');
const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age' };

export const customResources: readonly CustomResource[] = [
  {
    kind: 'GatewayRoute',
    plural: 'gatewayroutes',
    singular: 'gatewayroute',
    shortName: 'gwr',
    summary: 'A GatewayRoute says which requests go where, and what is done to them on the way.',
    specRequired: true,
    spec: gatewayRouteSpec,
    status: gatewayRouteStatus,
    columns: [
      {
        name: 'Fleet',
        type: 'string',
        jsonPath: '.status.parents[*].parentRef.name',
        description: 'Where it is served',
      },
      { name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames', description: 'What it is for' },
      ready,
      reason,
      age,
    ],
  },
  {
    kind: 'GatewayFleet',
    plural: 'gatewayfleets',
    singular: 'gatewayfleet',
    shortName: 'gwf',
    summary: 'A GatewayFleet is a set of identical gateways, and what holds for all of their routes.',
    specRequired: false,
    rules: [
      {
        rule: "size(self.metadata.name) <= 40 && !self.metadata.name.contains('.')",
        message: 'metadata.name must have at most 40 characters and no dot, as everything of a fleet is named after it',
      },
    ],
    spec: gatewayFleetSpec,
    status: gatewayFleetStatus,
    columns: [
      {
        name: 'Desired',
        type: 'integer',
        jsonPath: '.status.replicas.desired',
        description: 'Gateways that should run',
      },
      { name: 'Ready', type: 'integer', jsonPath: '.status.replicas.ready', description: 'Gateways that are ready' },
      {
        name: 'On revision',
        type: 'integer',
        jsonPath: '.status.replicas.onRevision',
        description: 'Gateways that serve the newest table',
      },
      reason,
      age,
    ],
  },
  {
    kind: 'BackendPolicy',
    plural: 'backendpolicies',
    singular: 'backendpolicy',
    shortName: 'bpol',
    summary: 'A BackendPolicy says how Services are treated, whichever routes send requests to them.',
    specRequired: true,
    spec: backendPolicySpec,
    status: backendPolicyStatus,
    columns: [
      { name: 'Services', type: 'string', jsonPath: '.spec.targetRefs[*].name', description: 'The first Service' },
      {
        name: 'Balancing',
        type: 'string',
        jsonPath: '.spec.loadBalancing.policy',
        description: 'How endpoints are chosen',
      },
      conditionColumn('Accepted', 'Accepted', 'status', 'Whether it takes effect'),
      age,
    ],
  },
];

/** The schema of a whole object of the kind. */
export function objectSchema(resource: CustomResource): StructuralSchema {
  const spec = structuralSchema(resource.spec);
  return {
    type: 'object',
    description: resource.summary,
    ...(resource.specRequired ? { required: ['spec'] } : {}),
    ...(resource.rules === undefined ? {} : { 'x-kubernetes-validations': resource.rules }),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { ...spec, description: 'What is wanted.', ...(resource.specRequired ? {} : { default: {} }) },
      status: { ...structuralSchema(resource.status), description: 'What is, as the operator found it.' },
    },
  };
}

/** The CustomResourceDefinition of a kind, ready to be written as YAML. */
export function customResourceDefinition(resource: CustomResource): object {
  const { kind, plural, singular, shortName, columns } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName], categories: ['evergate'] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: objectSchema(resource) },
        },
      ],
    },
  };
}
