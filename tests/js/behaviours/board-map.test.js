import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fan, isInside } from '#app/behaviours/board-map/geometry.js';

const HOOK = [[0, 0], [40, 0], [40, 40], [30, 40], [30, 10], [10, 10], [10, 40], [0, 40]].map(([x, y]) => ({ x, y }));

test('a lasso takes what lies in it, not what lies in its bay', () => {
  for (const [x, y] of [[5, 5], [5, 35], [35, 35], [20, 5]]) assert.equal(isInside({ x, y }, HOOK), true, `${x},${y}`);
  for (const [x, y] of [[20, 30], [-1, 5], [45, 5], [20, 50]]) assert.equal(isInside({ x, y }, HOOK), false, `${x},${y}`);
  assert.equal(isInside({ x: 1, y: 1 }, []), false);
});

test('pins at one place stand around it, each at its own spot', () => {
  assert.deepEqual(fan(0, 1), [0, 0]);
  for (const count of [2, 3, 7, 12]) {
    const spots = Array.from({ length: count }, (_none, index) => fan(index, count).join());
    assert.equal(new Set(spots).size, count);
  }
});
