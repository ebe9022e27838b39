import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grouped, isInside, spread, tooFull } from '#app/behaviours/board-map/geometry.js';

const HOOK = [[0, 0], [40, 0], [40, 40], [30, 40], [30, 10], [10, 10], [10, 40], [0, 40]].map(([x, y]) => ({ x, y }));

test('a lasso takes what lies in it, not what lies in its bay', () => {
  for (const [x, y] of [[5, 5], [5, 35], [35, 35], [20, 5]]) assert.equal(isInside({ x, y }, HOOK), true, `${x},${y}`);
  for (const [x, y] of [[20, 30], [-1, 5], [45, 5], [20, 50]]) assert.equal(isInside({ x, y }, HOOK), false, `${x},${y}`);
  assert.equal(isInside({ x: 1, y: 1 }, []), false);
});

/** Pins all of one size. @param {{x: number, y: number}[]} spots */
const spreadPins = (spots) => spread(spots, spots.map(() => 26));

/** @param {{x: number, y: number}[]} spots @returns {number} of the two that stand nearest */
function nearest(spots) {
  const shifts = spreadPins(spots);
  const now = spots.map(({ x, y }, index) => [x + shifts[index][0], y + shifts[index][1]]);
  let least = Infinity;
  now.forEach(([x, y], index) => now.slice(index + 1).forEach(([a, b]) => { least = Math.min(least, Math.hypot(x - a, y - b)); }));
  return least;
}

test('pins that would lie on one another stand apart, others stay where they are', () => {
  assert.deepEqual(spreadPins([{ x: 5, y: 5 }]), [[0, 0]]);
  assert.deepEqual(spreadPins([{ x: 5, y: 5 }, { x: 40, y: 5 }]), [[0, 0], [0, 0]]);
  for (const count of [2, 3, 7, 9]) assert.ok(nearest(Array.from({ length: count }, () => ({ x: 100, y: 80 }))) > 20, `${count} at one place`);
  assert.ok(nearest([[0, 0], [5, 1], [12, 30], [18, 22], [90, 0]].map(([x, y]) => ({ x, y }))) > 22);
});

test('a crowd stays near its places, and the same spots give the same answer', () => {
  const crowd = Array.from({ length: 400 }, (_none, index) => ({ x: (index * 37) % 200, y: (index * 53) % 150 }));
  const shifts = spreadPins(crowd);
  assert.ok(shifts.every(([dx, dy]) => Math.hypot(dx, dy) < 58));
  assert.deepEqual(spreadPins(crowd), shifts);
});

test('a crowd is one group wherever the map has been moved to, a few stand for themselves', () => {
  const few = [[0, 0], [10, 0], [0, 10], [200, 0]].map(([x, y]) => ({ x, y }));
  assert.deepEqual(grouped(few, 46), [], 'three together and one far off');
  const crowd = [...few, { x: 8, y: 8 }, { x: 240, y: 3 }];
  assert.deepEqual(grouped(crowd, 46), [[0, 1, 2, 4]]);
  assert.deepEqual(grouped(crowd.map(({ x, y }) => ({ x: x - 1013, y: y + 77 })), 46), [[0, 1, 2, 4]]);
  assert.deepEqual(grouped([], 46), []);
});

test('each of a day of 700 is in one group at most, near what gathers it, and signs have room', () => {
  const day = Array.from({ length: 700 }, (_none, index) => ({ x: (index * 379) % 600, y: (index * 233) % 400 }));
  const groups = grouped(day, 46);
  assert.equal(new Set(groups.flat()).size, groups.flat().length);
  for (const group of groups) for (const one of group) assert.ok(Math.hypot(day[one].x - day[group[0]].x, day[one].y - day[group[0]].y) < 92);
  const alone = 700 - groups.flat().length;
  assert.ok(groups.length + alone < 160, `${groups.length} groups, ${alone} alone`);
});

/** @param {number} count @param {number} x @param {number} y */
const house = (count, x, y) => Array.from({ length: count }, () => ({ x, y }));

test('a house stays one sign only when its pins have no room around it', () => {
  const few = [...house(9, 0, 0), ...house(4, 300, 0)];
  assert.deepEqual(tooFull(few, grouped(few, 46), 26), []);
  const spots = [...house(9, 0, 0), ...house(40, 300, 0), { x: 500, y: 0 }];
  assert.deepEqual(tooFull(spots, grouped(spots, 46), 26), [Array.from({ length: 40 }, (_none, index) => index + 9)]);
  assert.deepEqual(tooFull([], [], 26), []);
});

test('whatever still stands for itself can be seen and hit, however the houses of a street are filled', () => {
  for (let seed = 1; seed < 40; seed += 1) {
    const spots = Array.from({ length: 6 }, (_none, at) => house((seed * 7 + at * 13) % 34, ((seed + at) * 61) % 260, (at * 47) % 150)).flat();
    const groups = grouped(spots, 46);
    const held = new Set(tooFull(spots, groups, 26).flat());
    const alone = spots.filter((_spot, index) => !held.has(index));
    assert.ok(nearest(alone) >= 20, `seed ${seed}: ${nearest(alone)} px, ${alone.length} alone of ${spots.length}`);
  }
});

test('signs of different width stand as far apart as both need', () => {
  const [one, other] = spread([{ x: 0, y: 0 }, { x: 20, y: 0 }], [46, 26]);
  assert.ok(20 + other[0] - one[0] >= 34);
});
