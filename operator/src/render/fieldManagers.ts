/** Owns what the operator applies. Never renamed: the old name would own the fields for ever. */
export const fieldManager = 'evergate';

/** Owns a Deployment's number of replicas from the moment we no longer say it to the first word of the autoscaler. */
export const replicasManager = 'evergate-replicas';
