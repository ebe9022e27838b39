/**
 * Writes tests/vectors/travel.json and tests/vectors/day_order.json, which Python and JavaScript both obey. What is right is held
 * elsewhere: against every order there is (tests/js/rules/day-order.test.js), and by hand (tests/routing/test_dayorder.py).
 */
import { writeFileSync } from 'node:fs';
import { bestOrder, firstOrder } from '../static/js/rules/day-order.js';
import { estimate, metresBetween } from '../static/js/rules/travel.js';
import { chance, hardDay, plannedDay, USUAL, withTravel } from '../tests/js/rules/days.js';

const write = (/** @type {string} */ name, /** @type {unknown[]} */ rows) =>
  writeFileSync(new URL(`../tests/vectors/${name}.json`, import.meta.url), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);

const days = [
  ...Array.from({ length: 330 }, (_, seed) => ({ day: hardDay(seed + 1, 1 + (seed % 8)), by: 'best' })),
  ...[9, 10, 11].map((n) => ({ day: hardDay(900 + n, n), by: 'best' })),
  ...[12, 16].map((n) => ({ day: hardDay(950 + n, n), by: 'first' })),
  ...Array.from({ length: 60 }, (_, seed) => ({ day: plannedDay(seed + 1, 3 + (seed % 6)), by: 'best' })),
];
write('day_order', days.map(({ day, by }) => {
  const found = (by === 'first' ? firstOrder : bestOrder)(withTravel(day));
  return { day, by, order: found.order, at: found.stops.map(({ arrive, start }) => [arrive, start]),
    rest: [found.leave_at, found.lunch_at, found.home_at, found.travel, found.overtime, found.cost, found.proven, found.unplaced, found.off_plan] };
}));

const some = chance(20261122);
const slow = { detour_far: 1.35, detour_near: 0.3, detour_km: 3, speed_slow: 15, speed_gain: 20, speed_km: 10, parking_seconds: 300,
  factor_per_mille: Array.from({ length: 24 }, (_, hour) => 900 + ((hour * 137) % 500)) };
write('travel', Array.from({ length: 400 }, (_, index) => {
  const near = 10 ** (2 + some(5)); // from a house apart to the other end of the country
  const here = [18 + some(3200000) / 1e5, 75 + some(5500000) / 1e5];
  const there = index % 50 ? [here[0] + (some(2 * near) - near) / 1e6, here[1] + (some(2 * near) - near) / 1e6] : here;
  const metres = metresBetween(/** @type {any} */ (here), /** @type {any} */ (there));
  const hour = some(24);
  return [...here, ...there, metres, estimate(metres, USUAL, 0), hour, estimate(metres, slow, hour)];
}));
