import { type Store, StoreError, type StoreStatus } from './store.ts';

/** Stands for a store while it is being set up: down, as it says. */
export class MissingStore implements Store {
  readonly status: StoreStatus = { up: false, since: Date.now() };

  take(): Promise<never> {
    return Promise.reject(new StoreError('Down'));
  }

  session(): Promise<never> {
    return Promise.reject(new StoreError('Down'));
  }

  get(): Promise<never> {
    return Promise.reject(new StoreError('Down'));
  }

  set(): Promise<never> {
    return Promise.reject(new StoreError('Down'));
  }

  replace(): Promise<never> {
    return Promise.reject(new StoreError('Down'));
  }

  close(): void {}
}
