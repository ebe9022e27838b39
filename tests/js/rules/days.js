/** Days by chance for the order of a day: the same seed gives the same day. */

/** @typedef {import('#app/rules/day-order.js').Day} Day */
/** @typedef {[id: string, seconds: number, windows: [number, number][], late_weight: number, pinned: number | null, next: boolean, planned?: number | null]} PlainStop */
/** @typedef {Omit<Day, 'travel' | 'stops'> & {stops: PlainStop[], points: [number, number][]}} PlainDay stops stand at `points` 1, 2 …, ways follow from `points` */

/** What counts where nobody has entered other numbers. @type {import('#app/rules/travel.js').TravelModel} */
export const USUAL = { detour_far: 1.28, detour_near: 0.22, detour_km: 4, speed_slow: 18, speed_gain: 27, speed_km: 12, parking_seconds: 120, factor_per_mille: Array(24).fill(1000) };

/** @param {number} seed */
export function chance(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Ways along the streets of a grid, a little longer in one direction than back. @param {PlainDay} day @returns {Day} */
export function withTravel({ points, stops, ...day }) {
  const way = (/** @type {number} */ from, /** @type {number} */ to) =>
    120 + Math.floor((Math.abs(points[from][0] - points[to][0]) + Math.abs(points[from][1] - points[to][1])) / 7) + ((from * 31 + to * 17) % 60);
  const whole = stops.map(([id, seconds, windows, late_weight, pinned, next, planned = null], at) => ({ id, place: at + 1, seconds, windows, late_weight, pinned, next, planned }));
  return { ...day, stops: whole, travel: points.map((_, from) => points.map((__, to) => (from === to ? 0 : way(from, to)))) };
}

/**
 * A day as hard as it gets: far ways, narrow and several windows, begun late, pins, without lunch or end.
 * @param {number} seed
 * @param {number} n stops
 * @returns {PlainDay}
 */
export function hardDay(seed, n) {
  const some = chance(seed * 7919 + n);
  const kind = some(6); // 0: no lunch, 1: open end, 2: several windows, 3: late already, 4: pins
  const spread = [8000, 20000, 30000][some(3)];
  /** @type {[number, number][]} */
  const points = Array.from({ length: n + 2 }, () => [some(spread), some(spread)]);
  /** @returns {[number, number][]} */
  const windows = () => {
    const from = 28800 + some(16) * 1800;
    /** @type {[number, number][]} */
    const found = some(4) ? [[from, from + [3600, 5400, 7200, 10800][some(4)]]] : [];
    if (found.length && (kind === 2 || !some(8))) found.push([found[0][1] + 5400, found[0][1] + 9000]);
    return found;
  };
  /** @type {PlainStop[]} */
  const stops = Array.from({ length: n }, (_, index) => [
    String.fromCharCode(97 + (index % 26)) + (index < 26 ? '' : index), 600 + some(10) * 300, windows(),
    [30, 30, 60, 120][some(4)], kind === 4 && !some(4) ? some(n + 1) : null, kind === 4 && !some(n)]);
  const lunch = kind === 0 ? null : { earliest: 41400, latest: 48600, seconds: 2700 };
  return { now: kind === 3 ? 36000 + some(14000) : 27000 + some(4000), start: some(20) ? 0 : null, end: kind === 1 ? null : n + 1, shift: [28800, 64800], lunch, stops, points };
}

/** Such a day of which the office has planned most stops, in an order of its own. @param {number} seed @param {number} n @returns {PlainDay} */
export function plannedDay(seed, n) {
  const day = hardDay(seed + 3000, n);
  const some = chance(seed);
  return { ...day, stops: day.stops.map(([id, seconds, windows, weight, pinned, next]) => [id, seconds, windows, weight, pinned, next, some(5) ? (windows[0]?.[0] ?? 28800 + some(30000)) + some(3) * 1800 : null]) };
}

/**
 * The least a day can cost, by trying every order and every moment for lunch; knows nothing of labels.
 * @param {Day} day
 */
export function bruteCost(day) {
  const { stops, lunch, shift, travel } = day;
  const clock = Math.max(day.now, shift[0]);
  const next = stops.findIndex((stop) => stop.next);
  const wanted = new Map(next >= 0 ? [[0, next]] : []);
  stops.forEach(({ pinned }, stop) => { if (stop !== next && pinned != null && pinned < stops.length && !wanted.has(pinned)) wanted.set(pinned, stop); });
  const held = new Set(wanted.values());
  const way = (/** @type {number | null} */ from, /** @type {number | null} */ to) => (from === null || to === null ? 0 : travel[from][to]);
  let best = Infinity;

  /** @param {number[]} done @param {number | null} at @param {number} now @param {boolean} eaten @param {number} cost */
  const go = (done, at, now, eaten, cost) => {
    if (cost >= best) return;
    const eat = (/** @type {number} */ from) => Math.max(from, lunch?.earliest ?? 0);
    const lunchCost = (/** @type {number} */ from) => 2 * (eat(from) - from) + 20 * Math.max(0, eat(from) - (lunch?.latest ?? 0));
    if (done.length === stops.length) {
      const home = (/** @type {number} */ from, /** @type {number} */ more) => { best = Math.min(best, cost + more + 10 * way(at, day.end) + 20 * Math.max(0, from + way(at, day.end) - shift[1])); };
      if (eaten || now + way(at, day.end) <= (lunch?.earliest ?? 0)) home(now, 0);
      else home(eat(now) + (lunch?.seconds ?? 0), lunchCost(now));
      return;
    }
    const place = done.length;
    stops.forEach((stop, index) => {
      if (done.includes(index) || (wanted.has(place) ? wanted.get(place) !== index : held.has(index))) return;
      const ride = way(at, stop.place);
      const visit = (/** @type {number} */ free, /** @type {boolean} */ isEaten, /** @type {number} */ more) => {
        const open = stop.windows.find(([, to]) => free <= to);
        const start = open ? Math.max(free, open[0]) : free;
        const late = stop.windows.length ? Math.max(0, start - stop.windows[stop.windows.length - 1][1]) : 0;
        go([...done, index], stop.place, start + stop.seconds, isEaten, cost + more + 10 * ride + 2 * (start - free) + stop.late_weight * late);
      };
      visit(now + ride, eaten, 0);
      if (eaten || !lunch) return;
      visit(eat(now) + lunch.seconds + ride, true, lunchCost(now));
      visit(eat(now + ride) + lunch.seconds, true, lunchCost(now + ride));
    });
  };
  go([], day.start, clock, !lunch, 0);
  return best;
}
