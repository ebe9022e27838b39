/**
 * One technician's day: the order of the stops that costs least. A label dynamic programme over (stops done, last one,
 * lunch taken) that keeps what is not dominated in clock and cost; two beams of the same code answer first, the second below
 * the price of the first; the rest proves it up to 15 stops. `fieldservice/routing/dayorder.py` is the same, label by label; `tests/vectors/day_order.json`
 * holds both. It imports nothing, so that a worker can load it. All numbers are whole: seconds of the day, prices a second.
 *
 * @typedef {object} Stop
 * @property {string} id
 * @property {number} place row of `travel`
 * @property {number} seconds of work
 * @property {[number, number][]} windows work may begin within; sorted; none: at any time. Later than the last is late
 * @property {number} late_weight price of a second late
 * @property {number | null} [pinned] its place in the order, from 0; of two that want the same the first one gets it
 * @property {boolean} [next] goes first, before all other pins
 * @property {number | null} [planned] when the office has it begin: what is planned follows as planned, but for pins
 *
 * @typedef {object} Day
 * @property {number} now seconds of the day
 * @property {number | null} start row of `travel`; null: unknown, the first way is free
 * @property {number | null} end null: the day ends at the last stop
 * @property {[number, number]} shift
 * @property {{earliest: number, latest: number, seconds: number} | null} lunch begins within; not due when the day is over by `earliest`; null: none, or taken
 * @property {Stop[]} stops
 * @property {number[][]} travel seconds
 *
 * @typedef {object} Order
 * @property {string[]} order
 * @property {{id: string, travel: number, arrive: number, start: number, end: number, late: number}[]} stops in that order
 * @property {number} leave_at for the first stop, so that nobody waits at its door
 * @property {number | null} lunch_at
 * @property {number} home_at
 * @property {number} travel seconds of the whole day
 * @property {number} overtime
 * @property {number} cost
 * @property {boolean} proven there is none better
 * @property {string[]} unplaced more than the 30 that can be put in order: the last ones
 * @property {boolean} off_plan not as the office planned, which would serve somebody later
 */

/** Prices of a second. Overtime counts twice as much as driving, waiting a fifth. */
const TRAVEL = 10;
const WAITING = 2;
const OVERTIME = 20;
const LATE_LUNCH = 20;

const SLIGHT = 1800; // a normal visit a minute late: for less the office's order is not left

const BEAMS = [100, 1000]; // labels kept for each number of stops: for a price, then for the answer
const MOST_PROVEN = 15;
const MOST = 30; // bits of a set
const MOST_LABELS = 1_500_000; // what a small phone can hold; beyond, the beams' answer stands

/** The beams' answer in one go. @param {Day} day @returns {Order} */
export function firstOrder(day) {
  return whole(inSlices(day));
}

/** The best there is up to 15 stops, the beams' beyond. @param {Day} day @returns {Order} */
export function bestOrder(day) {
  return whole(answer(day, true));
}

/** The beams' answer with pauses, for a page without workers. @type {(day: Day) => Generator<void, Order>} */
export const inSlices = (day) => answer(day, false);

/** As the office planned, unless somebody would be served later by it than need be. @param {Day} day @param {boolean} isBest @returns {Generator<void, Order>} */
function* answer(day, isBest) {
  const free = read(day);
  const plan = free.stops.flatMap(({ planned }, stop) => (planned == null || free.isPinned[stop] ? [] : [{ planned, stop }])).sort((one, other) => one.planned - other.planned || one.stop - other.stop);
  if (plan.length < 2) return told(free, ...(yield* solve(free, isBest)));
  const after = [...free.after];
  plan.reduce((done, { stop }) => (after[stop] = done) | (1 << stop), 0);
  const kept = told(free, ...(yield* solve({ ...free, after }, isBest)));
  const late = lateCost(free, kept) - SLIGHT;
  if (late < 0) return kept;
  const best = told(free, ...(yield* solve(free, isBest)));
  return lateCost(free, best) <= late ? { ...best, off_plan: true, proven: best.proven && kept.proven } : { ...kept, proven: best.proven && kept.proven };
}

/** @param {Problem} p @param {boolean} isBest @returns {Generator<void, [found: End, isProven: boolean]>} */
function* solve(p, isBest) {
  let found = /** @type {End} */ ((yield* search(p, BEAMS[0], Infinity)).end);
  let isWhole = false;
  for (const width of isBest && p.n <= MOST_PROVEN ? [BEAMS[1], Infinity] : [BEAMS[1]]) {
    const next = yield* search(p, width, found.cost);
    found = next.end ?? found;
    isWhole = next.isWhole;
    if (isWhole) break;
  }
  return [found, isWhole];
}

/** @param {Problem} p @param {Order} order */
function lateCost({ stops }, order) {
  return order.stops.reduce((sum, { id, late }) => sum + late * /** @type {Stop} */ (stops.find((stop) => stop.id === id)).late_weight, 0);
}

/** @template T @param {Generator<void, T>} steps @returns {T} */
function whole(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return /** @type {T} */ (value);
  }
}

/** @typedef {{cost: number, path: {stop: number, how: number}[]}} End a finished order; how: 1 lunch before leaving for it, 2 lunch at its door */
/** @typedef {ReturnType<typeof read>} Problem */

/** @param {Day} day */
function read(day) {
  const { stops, unplaced } = placed(day.stops);
  const n = stops.length;
  const way = (/** @type {number | null} */ from, /** @type {number | null} */ to) => (from === null || to === null ? 0 : day.travel[from][to]);
  const from = [...stops.map((stop) => stop.place), day.start]; // row n: the start
  const ways = from.map((one) => stops.map((stop) => way(one, stop.place)));
  const homeward = from.map((one) => way(one, day.end));
  const nearest = stops.map((_, to) => Math.min(...ways.flatMap((row, one) => (one === to ? [] : [row[to]]))));
  const at = pins(stops);
  const clock = Math.max(day.now, day.shift[0]);
  const lunch = day.lunch ?? { earliest: 0, latest: 0, seconds: 0 };
  return { n, stops, unplaced, ways, homeward, nearest, at, isPinned: stops.map((_, stop) => at.includes(stop)), after: stops.map(() => 0), clock, lunch, hasLunch: day.lunch !== null,
    byDue: stops.map((_, stop) => stop).sort((one, other) => due(stops[one]) - due(stops[other]) || one - other),
    nearestHome: Math.min(...homeward.slice(0, n || 1)), shiftEnd: day.shift[1], work: stops.reduce((sum, stop) => sum + stop.seconds, 0) };
}

/** The 30 whose windows end first. @param {Stop[]} stops */
function placed(stops) {
  if (stops.length <= MOST) return { stops, unplaced: [] };
  const sorted = [...stops].sort((one, other) => due(one) - due(other));
  return { stops: sorted.slice(0, MOST), unplaced: sorted.slice(MOST).map((stop) => stop.id) };
}

/** @param {Stop} stop */
function due(stop) {
  return stop.windows.at(-1)?.[1] ?? 1e9;
}

/** Which stop has to be at each place; -1: any. @param {Stop[]} stops */
function pins(stops) {
  const at = stops.map(() => -1);
  const next = stops.findIndex((stop) => stop.next);
  if (next >= 0) at[0] = next;
  for (const [index, { pinned }] of stops.entries()) {
    if (index !== next && pinned !== null && pinned !== undefined && pinned >= 0 && at[pinned] === -1) at[pinned] = index;
  }
  return at;
}

/** When work begins for who arrives then; windows that are over are passed. @param {Stop} stop @param {number} arrive */
function begin({ windows }, arrive) {
  for (const [from, to] of windows) if (arrive <= to) return Math.max(arrive, from);
  return arrive;
}

/** @param {Stop} stop @param {number} start */
function lateness({ windows }, start) {
  return windows.length ? Math.max(0, start - windows[windows.length - 1][1]) : 0;
}

/** Labels in columns: a day has up to a million. */
class Labels {
  size = 1; // 0 is none
  #room = 1 << 14;
  mask = new Int32Array(this.#room);
  last = new Int8Array(this.#room);
  /** 1: lunch taken */
  lunch = new Uint8Array(this.#room);
  how = new Uint8Array(this.#room);
  clock = new Int32Array(this.#room);
  /** cost without what waiting costs, which follows from the clock */
  value = new Float64Array(this.#room);
  before = new Int32Array(this.#room);
  /** the next later one with the same stops done, last and lunch */
  next = new Int32Array(this.#room);
  dead = new Uint8Array(this.#room);

  /** @param {number} mask @param {number} last @param {number} lunch @param {number} how @param {number} clock @param {number} value @param {number} before */
  add(mask, last, lunch, how, clock, value, before) {
    const id = this.size++;
    if (id === this.#room) this.#grow();
    this.mask[id] = mask;
    this.last[id] = last;
    this.lunch[id] = lunch;
    this.how[id] = how;
    this.clock[id] = clock;
    this.value[id] = value;
    this.before[id] = before;
    return id;
  }

  #grow() {
    this.#room *= 2;
    for (const name of /** @type {const} */ (['mask', 'last', 'lunch', 'how', 'clock', 'value', 'before', 'next', 'dead'])) {
      const old = this[name];
      const grown = new (/** @type {any} */ (old.constructor))(this.#room);
      grown.set(old);
      this[name] = grown;
    }
  }
}

/**
 * A pause after each stop more. @param {Problem} p @param {number} width labels kept for each number of stops
 * @param {number} bound only what costs less is looked for
 * @returns {Generator<void, {end: End | null, isWhole: boolean}>} null: nothing found below the bound; isWhole: nothing was left out, there is none better
 */
function* search(p, width, bound) {
  const { n, stops, ways, nearest, at, isPinned, after, lunch } = p;
  const labels = new Labels();
  const table = n <= MOST_PROVEN ? new Int32Array(2 * n << n) : null;
  /** @type {Map<number, number>} */
  const map = new Map();
  const full = n ? 2 ** n - 1 : 0;
  let isWhole = true;

  /** What a label costs at least, however it ends. @param {number} id @param {boolean} isKnown whether to count who is late already */
  const least = (id, isKnown) => {
    const mask = labels.mask[id];
    const clock = labels.clock[id];
    let ride = labels.mask[id] === full ? p.homeward[labels.last[id]] : p.nearestHome;
    let work = 0;
    let late = 0;
    for (let stop = 0; stop < n; stop++) {
      if ((mask >> stop) & 1) continue;
      ride += nearest[stop];
      work += stops[stop].seconds;
      if (isKnown) late += stops[stop].late_weight * lateness(stops[stop], clock + nearest[stop]);
    }
    return labels.value[id] + late + over(p, clock + ride + work, labels.lunch[id], ride);
  };

  /** What a label looks like costing, for the beam to choose by: the rest in the order in which it is due. @param {number} id */
  const likely = (id) => {
    const mask = labels.mask[id];
    let clock = labels.clock[id];
    let ride = labels.mask[id] === full ? p.homeward[labels.last[id]] : p.nearestHome;
    let taken = labels.lunch[id];
    let late = 0;
    for (const stop of p.byDue) {
      if ((mask >> stop) & 1) continue;
      if (!taken && clock >= lunch.earliest) {
        late += LATE_LUNCH * Math.max(0, clock - lunch.latest);
        clock += lunch.seconds;
        taken = 1;
      }
      const start = begin(stops[stop], clock + nearest[stop]);
      late += stops[stop].late_weight * lateness(stops[stop], start);
      clock = start + stops[stop].seconds;
      ride += nearest[stop];
    }
    return labels.value[id] + late + over(p, clock + p.nearestHome, taken, ride);
  };

  /** Puts one in its list, unless another is as early and as cheap. @param {number} mask @param {number} last @param {number} lunchTaken @param {number} how @param {number} clock @param {number} value @param {number} before */
  const put = (mask, last, lunchTaken, how, clock, value, before) => {
    const key = (mask * n + last) * 2 + lunchTaken;
    let earlier = 0;
    let one = table ? table[key] : map.get(key) ?? 0;
    for (; one && labels.clock[one] < clock; one = labels.next[one]) {
      if (labels.value[one] <= value) return;
      earlier = one;
    }
    if (one && labels.clock[one] === clock && labels.value[one] <= value) return;
    for (; one && labels.value[one] >= value; one = labels.next[one]) labels.dead[one] = 1;
    const id = labels.add(mask, last, lunchTaken, how, clock, value, before);
    labels.next[id] = one;
    if (earlier) labels.next[earlier] = id;
    else if (table) table[key] = id;
    else map.set(key, id);
  };

  /** @param {number} id */
  const expand = (id, place = 0) => {
    const mask = labels.mask[id];
    const clock = labels.clock[id];
    const taken = labels.lunch[id];
    const row = ways[labels.last[id]];
    const eat = Math.max(clock, lunch.earliest);
    for (let stop = 0; stop < n; stop++) {
      if ((mask >> stop) & 1 || after[stop] & ~mask || (at[place] >= 0 ? at[place] !== stop : isPinned[stop])) continue;
      const job = stops[stop];
      const ride = row[stop];
      const value = labels.value[id] + (TRAVEL - WAITING) * ride;
      const go = (/** @type {number} */ arrive, /** @type {number} */ isTaken, /** @type {number} */ how, /** @type {number} */ more) => {
        const start = begin(job, arrive);
        put(mask | (1 << stop), stop, isTaken, how, start + job.seconds, value + more + job.late_weight * lateness(job, start), id);
      };
      go(clock + ride, taken, 0, 0);
      if (taken) continue;
      go(eat + lunch.seconds + ride, 1, 1, LATE_LUNCH * Math.max(0, eat - lunch.latest));
      const there = Math.max(clock + ride, lunch.earliest);
      go(there + lunch.seconds, 1, 2, LATE_LUNCH * Math.max(0, there - lunch.latest));
    }
  };

  let layer = [labels.add(0, n, p.hasLunch ? 0 : 1, 0, p.clock, 0, 0)];
  for (let place = 0; place < n; place++) {
    const from = labels.size;
    map.clear();
    for (const id of layer) if (bound === Infinity || least(id, true) < bound) expand(id, place);
    if (labels.size > MOST_LABELS) return { end: null, isWhole: false };
    layer = [];
    for (let id = from; id < labels.size; id++) if (!labels.dead[id] && (bound === Infinity || least(id, false) < bound)) layer.push(id);
    if (layer.length > width) {
      isWhole = false;
      const price = new Map(layer.map((id) => [id, likely(id) + least(id, true)]));
      layer = layer.sort((one, other) => /** @type {number} */ (price.get(one)) - /** @type {number} */ (price.get(other)) || one - other).slice(0, width);
    }
    yield;
  }

  let best = 0;
  let cost = bound;
  for (const id of layer) {
    const whole = ending(p, labels.last[id], labels.clock[id], labels.lunch[id]);
    const price = labels.value[id] + whole.more;
    if (price < cost) [best, cost] = [id, price];
  }
  if (!best) return { end: null, isWhole };
  const path = [];
  for (let id = best; labels.last[id] !== n; id = labels.before[id]) path.unshift({ stop: labels.last[id], how: labels.how[id] });
  return { end: { cost, path }, isWhole };
}

/** What the rest of a day costs at least beside its value: `until` without a lunch still to come. @param {Problem} p @param {number} until @param {number} taken @param {number} ride */
function over(p, until, taken, ride) {
  const waited = until - p.clock - p.work - (taken && p.hasLunch ? p.lunch.seconds : 0);
  const late = until + (!taken && until > p.lunch.earliest ? p.lunch.seconds : 0) - p.shiftEnd;
  return (TRAVEL - WAITING) * ride + WAITING * waited + OVERTIME * Math.max(0, late);
}

/** The way home, after a lunch that is still due. @param {Problem} p @param {number} last @param {number} clock @param {number} taken */
function ending(p, last, clock, taken) {
  const ride = p.homeward[last];
  const isDue = !taken && clock + ride > p.lunch.earliest;
  const eat = isDue ? Math.max(clock, p.lunch.earliest) : null;
  const home = (eat === null ? clock : eat + p.lunch.seconds) + ride;
  const late = eat === null ? 0 : LATE_LUNCH * Math.max(0, eat - p.lunch.latest);
  const waited = home - p.clock - p.work - (p.hasLunch && (taken || isDue) ? p.lunch.seconds : 0);
  return { eat, home, more: (TRAVEL - WAITING) * ride + WAITING * waited + OVERTIME * Math.max(0, home - p.shiftEnd) + late };
}

/** The order as people read it. @param {Problem} p @param {End} found @param {boolean} proven @returns {Order} */
function told(p, found, proven) {
  const { cost, path } = found;
  const stops = [];
  let { clock } = p;
  let last = p.n;
  let travel = 0;
  /** @type {number | null} */
  let lunch_at = null;
  let leave_at = clock;
  for (const { stop, how } of path) {
    const ride = p.ways[last][stop];
    const job = p.stops[stop];
    if (how === 1) {
      lunch_at = Math.max(clock, p.lunch.earliest);
      clock = lunch_at + p.lunch.seconds;
    }
    let free = clock + ride;
    if (how === 2) {
      lunch_at = Math.max(free, p.lunch.earliest);
      free = lunch_at + p.lunch.seconds;
    }
    const start = begin(job, free);
    if (last === p.n) leave_at = (how === 2 ? /** @type {number} */ (lunch_at) : start) - ride;
    const arrive = (last === p.n ? leave_at : clock) + ride;
    stops.push({ id: job.id, travel: ride, arrive, start, end: start + job.seconds, late: lateness(job, start) });
    clock = start + job.seconds;
    travel += ride;
    last = stop;
  }
  const end = ending(p, last, clock, p.hasLunch && lunch_at === null ? 0 : 1);
  return { order: stops.map((stop) => stop.id), stops, leave_at, lunch_at: lunch_at ?? end.eat, home_at: end.home,
    travel: travel + p.homeward[last], overtime: Math.max(0, end.home - p.shiftEnd), cost, proven, unplaced: p.unplaced, off_plan: false };
}
