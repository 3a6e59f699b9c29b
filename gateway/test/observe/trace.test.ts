import { describe, expect, test } from '@jest/globals';
import { RandomHex } from '../../src/observe/randomHex.ts';
import { formatTraceparent, startTrace } from '../../src/observe/trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const valid = `00-${traceId}-${parentId}-01`;
const random = new RandomHex();

describe('the trace context', () => {
  test('a valid traceparent is continued with a span of ours', () => {
    const trace = startTrace(random, valid, undefined);
    expect(trace).toMatchObject({ traceId, parentId, flags: 1 });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe(parentId);
    expect(formatTraceparent(trace)).toBe(`00-${traceId}-${trace.spanId}-01`);
  });

  test('without one a trace begins, unsampled', () => {
    const trace = startTrace(random, undefined, 'vendor=1');
    expect(formatTraceparent(trace)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(trace).toMatchObject({ parentId: undefined, state: undefined });
  });

  test.each([
    ['an unknown version with more behind it', `cc-${traceId}-${parentId}-01-what-comes`],
    ['an unknown version of the same length', `01-${traceId}-${parentId}-01`],
  ])('%s is read as far as it is known, and sent on as version 00', (_, header) => {
    const trace = startTrace(random, header, undefined);
    expect(formatTraceparent(trace)).toBe(`00-${traceId}-${trace.spanId}-01`);
  });

  test('flags that nobody has defined are not sent on', () => {
    expect(startTrace(random, `00-${traceId}-${parentId}-ff`, undefined).flags).toBe(3);
    expect(startTrace(random, `00-${traceId}-${parentId}-fc`, undefined).flags).toBe(0);
  });

  test.each([
    ['nothing', ''],
    ['the forbidden version', `ff-${traceId}-${parentId}-01`],
    ['version 00 with more behind it', `${valid}-x`],
    ['an unknown version with more behind it but no dash', `cc-${traceId}-${parentId}-01.x`],
    ['upper case', valid.toUpperCase()],
    ['an empty trace id', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['an empty parent id', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a short trace id', `00-${traceId.slice(1)}-${parentId}-01`],
    ['two of them', `${valid}, ${valid}`],
  ])('%s begins a new trace, and its tracestate is dropped', (_, header) => {
    const trace = startTrace(random, header, 'vendor=1');
    expect(trace.traceId).not.toBe(traceId);
    expect(trace.state).toBeUndefined();
  });

  test.each([
    ['one member', 'vendor=1'],
    ['several, with spaces and tabs', 'a=1 , b=2,\tc=3'],
    ['empty members', 'a=1,,b=2'],
    ['a tenant', '1tenant@system=x'],
    ['signs in a value', 'a=!"#$%&\'()*+-./:;<>?@[]^_`{|}~'],
    ['512 characters', `a=${'x'.repeat(249)},b=${'x'.repeat(256)}`.padEnd(512, ' ')],
  ])('a tracestate of %s is passed on as it came', (_, state) => {
    expect(startTrace(random, valid, state).state).toBe(state);
  });

  test.each([
    ['nothing', ''],
    ['commas alone', ',,'],
    ['no value', 'a='],
    ['no key', '=1'],
    ['a key in upper case', 'A=1'],
    ['an equals sign in a value', 'a=b=c'],
    ['a character beyond ASCII', 'a=é'],
    ['a key twice', 'a=1,a=2'],
    ['33 members', Array.from({ length: 33 }, (__, index) => `k${index}=1`).join(',')],
    ['513 characters', `a=${'x'.repeat(250)},b=${'x'.repeat(200)}`.padEnd(513, ' ')],
  ])('a tracestate of %s is dropped while the trace goes on', (_, state) => {
    expect(startTrace(random, valid, state)).toMatchObject({ traceId, state: undefined });
  });
});

describe('random digits', () => {
  test('draws never overlap, and the pool is filled anew when it is used up', () => {
    let fills = 0;
    const hex = new RandomHex((pool) => {
      fills += 1;
      for (let at = 0; at < pool.length; at += 4) pool.writeUInt32BE(fills * 1_000_000 + at, at);
    });
    const drawn = new Set(Array.from({ length: 2_000 }, () => hex.draw(16)));
    expect(drawn.size).toBe(2_000);
    expect(fills).toBe(4);
  });

  test('they are random', () => {
    const drawn = new Set(Array.from({ length: 10_000 }, () => random.draw(8)));
    expect(drawn.size).toBe(10_000);
  });
});
