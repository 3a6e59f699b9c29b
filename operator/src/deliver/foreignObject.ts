import { describeOwner } from '../apply/ownership.ts';
import { type KubeObject, objectKey } from '../kube/kubeObject.ts';
import type { Resource } from '../kube/resource.ts';
import type { Finding } from '../translate/verdict.ts';

/** There is an object of the name that we did not make. */
export class ForeignObject extends Error {
  override readonly name = 'ForeignObject';
  readonly finding: Finding;

  constructor({ kind }: Resource, found: KubeObject) {
    const what = `${kind} ${objectKey(found.metadata)}`;
    super(`${what} is not this fleet's`);
    const remedy = 'delete it, or give the fleet another name; until then the last table stays';
    const message = `${what} exists and is not this fleet's: ${describeOwner(found)}; ${remedy}`;
    this.finding = { reason: 'ObjectNotOurs', message };
  }
}
