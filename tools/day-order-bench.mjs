/** How long the order of a day takes in Node (of a core, as machines are busy), and how good its first answer is: one line of JSON. `node tools/day-order-bench.mjs [days] [stops]` */
import { bestOrder, firstOrder } from '../static/js/rules/day-order.js';
import { estimate, metresBetween } from '../static/js/rules/travel.js';
import { chance, USUAL } from '../tests/js/rules/days.js';

const [days = 60, stops = 15] = process.argv.slice(2).map(Number);

/** A full day in a town of some 11 × 11 km, begun up to two and a half hours late. @param {number} seed @returns {import('../static/js/rules/day-order.js').Day} */
function aDay(seed) {
  const some = chance(seed * 104729 + stops);
  /** @type {[number, number][]} */
  const places = Array.from({ length: stops + 1 }, () => [39.85 + some(10000) / 1e5, 116.3 + some(13000) / 1e5]);
  const mean = 33300 / stops - 660; // ten hours without lunch and ways
  /** @returns {[number, number][]} */
  const windows = () => {
    const from = 28800 + some(14) * 1800;
    return some(10) < 7 ? [[from, from + [5400, 7200, 10800][some(3)]]] : [];
  };
  return {
    now: 27000 + some(9000), start: 0, end: some(4) ? 0 : null, shift: [28800, 64800], lunch: { earliest: 41400, latest: 48600, seconds: 2700 },
    stops: Array.from({ length: stops }, (_, at) => ({
      id: `s${at}`, place: at + 1, seconds: Math.max(600, Math.round((mean * (50 + some(100))) / 6000) * 60), windows: windows(), late_weight: [30, 30, 30, 60, 120][some(5)],
    })),
    travel: places.map((here) => places.map((there) => estimate(metresBetween(here, there), USUAL, 8))),
  };
}

function spent() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

for (let seed = 9001; seed < 9006; seed++) bestOrder(aDay(seed)); // as an app that has been open for a while
const found = Array.from({ length: days }, (_, seed) => {
  const day = aDay(seed + 1);
  const began = spent();
  const first = firstOrder(day);
  const answered = spent();
  const best = bestOrder(day);
  return { first_ms: answered - began, proven_ms: spent() - answered, gap: (100 * (first.cost - best.cost)) / best.cost, proven: best.proven };
});
const sorted = (/** @type {'first_ms' | 'proven_ms'} */ name) => found.map((one) => one[name]).sort((one, other) => one - other);
const at = (/** @type {number[]} */ all, /** @type {number} */ part) => all[Math.min(all.length - 1, Math.floor(all.length * part))];
console.log(JSON.stringify({
  days, stops, first_ms: at(sorted('first_ms'), 0.95), proven_ms: at(sorted('proven_ms'), 0.95), proven_median_ms: at(sorted('proven_ms'), 0.5),
  unproven: found.filter(({ proven }) => !proven).length, off: found.filter(({ gap }) => gap > 0).length, worst_gap: Math.max(...found.map(({ gap }) => gap)),
}));
