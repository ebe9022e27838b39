import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bestOrder, firstOrder, inSlices } from '#app/rules/day-order.js';
import { bruteCost, hardDay, withTravel } from './days.js';

/** @typedef {{day: import('./days.js').PlainDay, by: 'first' | 'best', order: string[], at: number[][], rest: any[]}} Vector */
/** @type {Vector[]} */
const vectors = JSON.parse(readFileSync(new URL('../../vectors/day_order.json', import.meta.url), 'utf8'));

/** @param {import('#app/rules/day-order.js').Order} found */
const compact = (found) => ({
  order: found.order, at: found.stops.map(({ arrive, start }) => [arrive, start]),
  rest: [found.leave_at, found.lunch_at, found.home_at, found.travel, found.overtime, found.cost, found.proven, found.unplaced, found.off_plan],
});

test('the vectors that Python obeys too', () => {
  assert.ok(vectors.length >= 300);
  for (const { day, by, ...wanted } of vectors) assert.deepEqual(compact((by === 'first' ? firstOrder : bestOrder)(withTravel(day))), wanted);
});

test('no order costs less, up to 8 stops', () => {
  for (let seed = 1; seed <= 120; seed++) {
    const n = seed <= 60 ? 1 + (seed % 5) : seed <= 112 ? 6 : seed <= 117 ? 7 : 8;
    const day = withTravel(hardDay(seed + 5000, n));
    const found = bestOrder(day);
    assert.equal(found.cost, bruteCost(day), `seed ${seed}`);
    assert.ok(found.proven);
    assert.deepEqual([...found.order].sort(), day.stops.map((stop) => stop.id).sort());
  }
});

test('the price is what the told times cost', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const day = withTravel(hardDay(seed, 9));
    const found = bestOrder(day);
    const weight = new Map(day.stops.map((stop) => [stop.id, stop.late_weight]));
    const late = found.stops.reduce((sum, stop) => sum + stop.late * (weight.get(stop.id) ?? 0), 0);
    const work = day.stops.reduce((sum, stop) => sum + stop.seconds, 0) + (found.lunch_at === null ? 0 : day.lunch?.seconds ?? 0);
    const waited = found.home_at - Math.max(day.now, day.shift[0]) - work - found.travel;
    const lunch = 20 * Math.max(0, (found.lunch_at ?? 0) - (day.lunch?.latest ?? 0));
    assert.equal(found.cost, 10 * found.travel + 2 * waited + 20 * found.overtime + late + lunch, `seed ${seed}`);
    found.stops.forEach((stop, at) => {
      assert.ok(stop.start >= stop.arrive && stop.end > stop.start);
      assert.ok(at === 0 ? stop.arrive - stop.travel === found.leave_at : stop.arrive >= found.stops[at - 1].end + stop.travel);
    });
  }
});

test('pins hold; of two that contradict each other the first does', () => {
  const day = withTravel(hardDay(3, 5));
  const pin = (/** @type {Record<string, object>} */ pins) => bestOrder({ ...day, stops: day.stops.map((stop) => ({ ...stop, pinned: null, next: false, ...pins[stop.id] })) }).order;
  assert.equal(pin({ d: { next: true } })[0], 'd');
  assert.deepEqual([pin({ d: { next: true }, a: { pinned: 0 } })[0], pin({ a: { pinned: 4 }, b: { pinned: 4 } })[4]], ['d', 'a']);
  assert.deepEqual(pin({ e: { pinned: 0 }, d: { pinned: 1 }, c: { pinned: 2 }, b: { pinned: 3 }, a: { pinned: 4 } }), ['e', 'd', 'c', 'b', 'a']);
  assert.equal(pin({ a: { pinned: 99 }, b: { pinned: -3 } }).length, 5);
});

test('as the office planned, unless somebody would wait; pins go before', () => {
  const stop = (/** @type {string} */ id, /** @type {number} */ place, /** @type {number | null} */ planned, /** @type {[number, number][]} */ windows = []) => ({ id, place, seconds: 3600, windows, late_weight: 30, planned });
  const day = { now: 28800, start: 0, end: null, shift: /** @type {[number, number]} */ ([28800, 64800]), lunch: null, travel: [[0, 300, 900, 1500], [300, 0, 600, 1200], [900, 600, 0, 600], [1500, 1200, 600, 0]],
    stops: [stop('near', 1, 43200), stop('far', 3, 30000), stop('between', 2, null)] };
  const found = (/** @type {object} */ change) => bestOrder({ ...day, ...change });
  assert.deepEqual(found({ stops: day.stops.map((one) => ({ ...one, planned: null })) }).order, ['near', 'between', 'far']);
  assert.deepEqual([found({}).order, found({}).off_plan, found({}).proven], [['far', 'between', 'near'], false, true]);
  const until = (/** @type {number} */ seconds) => ({ stops: [stop('near', 1, 43200, [[28800, seconds]]), ...day.stops.slice(1)] });
  assert.deepEqual([found(until(35041)).order[0], found(until(35041)).off_plan], ['far', false], 'late by less than a minute');
  assert.deepEqual([found(until(35100 - 60)).order[0], found(until(35100 - 60)).off_plan], ['near', true]);
  assert.deepEqual([found({ now: 43200, ...until(36000) }).order[0], found({ now: 43200, ...until(36000) }).off_plan], ['near', true], 'late whatever is done, but later by the plan');
  const pinned = { stops: day.stops.map((one) => ({ ...one, pinned: one.id === 'near' ? 0 : null })) };
  assert.deepEqual(found(pinned).order[0], 'near');
});

test('a day without stops, one with too many, and slices', () => {
  const empty = bestOrder({ ...withTravel(hardDay(7, 1)), stops: [], lunch: null });
  assert.deepEqual([empty.order, empty.proven], [[], true]);
  const day = withTravel(hardDay(8, 40));
  const many = bestOrder({ ...day, stops: day.stops.map((stop, at) => ({ ...stop, pinned: at < 30 ? at : null })) });
  assert.deepEqual([many.order.length, many.unplaced.length, many.proven], [30, 10, false]);
  const steps = inSlices(withTravel(hardDay(9, 6)));
  let pauses = 0;
  for (;;) {
    const { done, value } = steps.next();
    if (done) {
      assert.deepEqual(value, firstOrder(withTravel(hardDay(9, 6))));
      break;
    }
    pauses += 1;
  }
  assert.equal(pauses, 12);
});
