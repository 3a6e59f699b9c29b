import { describe, expect, test } from '@jest/globals';
import { noSlot, Slots } from '../../src/observe/slots.ts';

function slotsAt(clock: { now: number }, limit = 10) {
  return new Slots('none', { limit, graceMs: 100, now: () => clock.now });
}

const text = (id: string) => () => `id="${id}"`;

describe('slots', () => {
  test('the same id has the same slot over any number of reloads', () => {
    const slots = slotsAt({ now: 0 });
    const a = slots.slotFor('a', text('a'));
    slots.retain([a]);
    slots.retain([a]);
    expect(slots.slotFor('a', text('a'))).toBe(a);
    expect(slots.labels(slots.index(a))).toBe('id="a"');
  });

  test('a removed id keeps its slot for the grace, and comes back when it is named again', () => {
    const clock = { now: 0 };
    const slots = slotsAt(clock);
    const a = slots.slotFor('a', text('a'));
    slots.retain([]);
    clock.now = 99;
    expect(slots.sweep()).toEqual([]);
    slots.retain([a]);
    clock.now = 1_000;
    expect(slots.sweep()).toEqual([]);
    expect(slots.index(a)).not.toBe(0);
  });

  test('after the grace the index goes to the next id, and the old slot counts for none', () => {
    const clock = { now: 0 };
    const slots = slotsAt(clock);
    const a = slots.slotFor('a', text('a'));
    const index = slots.index(a);
    slots.retain([]);
    clock.now = 100;
    expect(slots.sweep()).toEqual([index]);
    expect(slots.labels(index)).toBeUndefined();
    const b = slots.slotFor('b', text('b'));
    expect(slots.index(b)).toBe(index);
    expect(slots.index(a)).toBe(0);
  });

  test('a slot beyond its id does not revive the next owner', () => {
    const clock = { now: 0 };
    const slots = slotsAt(clock);
    const a = slots.slotFor('a', text('a'));
    slots.retain([]);
    clock.now = 100;
    slots.sweep();
    const indexOfB = slots.index(slots.slotFor('b', text('b')));
    slots.retain([a]);
    clock.now = 200;
    expect(slots.sweep()).toEqual([indexOfB]);
  });

  test('an id that no table ever retained is freed with the next one', () => {
    const clock = { now: 0 };
    const slots = slotsAt(clock);
    const refused = slots.slotFor('refused', text('refused'));
    slots.retain([]);
    clock.now = 100;
    expect(slots.sweep()).toHaveLength(1);
    expect(slots.index(refused)).toBe(0);
  });

  test('beyond the limit ids share the slot of none', () => {
    const slots = slotsAt({ now: 0 }, 2);
    slots.slotFor('a', text('a'));
    slots.slotFor('b', text('b'));
    expect(slots.slotFor('c', text('c'))).toBe(noSlot);
    expect(slots.size).toBe(3);
  });

  test('slots stay small whole numbers over every generation', () => {
    const clock = { now: 0 };
    const slots = slotsAt(clock);
    for (let round = 0; round < 3_000; round += 1) {
      const slot = slots.slotFor(`r${round}`, text('r'));
      expect(slot > 0 && slot < 2 ** 30).toBe(true);
      slots.retain([]);
      clock.now += 100;
      slots.sweep();
    }
    expect(slots.size).toBe(2);
  });
});
