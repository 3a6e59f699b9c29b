import { MemoryStore } from '../../src/state/memory.ts';
import { describeStore } from './storeBehaviour.ts';

let now = 0;
const store = new MemoryStore(() => now);

describeStore('memory', () => ({
  store,
  span: 300,
  async elapse(ms) {
    now += ms;
  },
}));
