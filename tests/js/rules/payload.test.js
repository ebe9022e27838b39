import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strokesOf } from '#app/rules/payload.js';
import { isWeak } from '#app/sync/operations/sign_sheet.js';

/** @param {number} count @param {(index: number) => object} [over] */
const points = (count, over = () => ({})) => Array.from({ length: count }, (_, index) => ({ x: index, y: 10, time: 1_795_000_000_000 + index * 16, pressure: 0.5, ...over(index) }));

test('strokes keep their proportions in a box of 10,000', () => {
  const [stroke] = strokesOf([{ points: points(3, (index) => ({ x: index * 186, y: index * 88 })) }], 372, 176);
  assert.deepEqual(stroke, [[0, 0, 0, 500], [5000, 2366, 16, 500], [10000, 4731, 32, 500]]);
});

test('what lies beside the pad is brought to its edge', () => {
  const [[point]] = strokesOf([{ points: points(1, () => ({ x: -5, y: 900, pressure: 1.5 })) }], 100, 50);
  assert.deepEqual(point, [0, 10000, 0, 1000]);
});

test('time runs on from the first point of the first stroke, and never back', () => {
  const strokes = strokesOf([{ points: points(2) }, { points: points(1, () => ({ time: 1_795_000_001_000 })) }, { points: points(1, () => ({ time: 1 })) }], 100, 100);
  assert.deepEqual(strokes.map((stroke) => stroke.at(-1)?.[2]), [16, 1000, 0]);
});

test('nothing drawn is nothing', () => assert.deepEqual(strokesOf([{ points: [] }], 0, 0), []));

test('a mark too thick with points is thinned, and keeps where each stroke ends', () => {
  const groups = Array.from({ length: 10 }, () => ({ points: points(1001, (index) => ({ x: index % 300 })) }));
  const strokes = strokesOf(groups, 300, 300);
  assert.ok(strokes.flat().length <= 4000 && strokes.flat().length > 2000);
  assert.deepEqual(strokes[0].at(-1), strokesOf([{ points: points(1, () => ({ x: 1000 % 300, time: 1_795_000_016_000 })) }], 300, 300)[0][0].with(2, 16000));
});

test('thousands of dots are no more than the most points', () => {
  assert.equal(strokesOf(Array.from({ length: 5000 }, () => ({ points: points(2) })), 100, 100).length, 4000);
});

test('a mark is weak with fewer than 20 points or smaller than a twentieth of the box', () => {
  const line = (/** @type {number} */ count, /** @type {number} */ step) => [Array.from({ length: count }, (_, index) => [index * step, 0, index, 500])];
  assert.deepEqual([isWeak(line(19, 500)), isWeak(line(20, 26)), isWeak(line(20, 27))], [true, true, false]);
});
