import { expect, test } from '@jest/globals';
import { account } from '../../src/account/account.ts';

test('a request that was acknowledged without reaching an upstream is found', () => {
  const sent = { acknowledged: '0-3', posts: '' };
  expect(account(sent, { arrived: '0-1,3', repeated: {} }).acknowledgedUnseen).toEqual([2]);
});

test('a POST that arrived twice is found, a GET that did is not', () => {
  const sent = { acknowledged: '0-3', posts: '1' };
  expect(account(sent, { arrived: '0-3', repeated: { 1: 2, 2: 2 } }).postsRepeated).toEqual([1]);
});
