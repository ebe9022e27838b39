import { time } from '#app/core/i18n.js';
import { estimate, metresBetween } from '#app/rules/travel.js';
import { beginOf } from '#app/screens/today-plan.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {import('#app/screens/today-plan.js').DayPlan} DayPlan */
/** @typedef {import('#app/rules/day-order.js').Day} Day */
/** @typedef {import('#app/rules/day-order.js').Order} Order */
/** @typedef {import('#app/rules/travel.js').Place} Place */
/** @typedef {import('#app/types/domain.js').Work} Work */
/** @typedef {{order: string[], pinned: string[]}} Chosen order: ids of jobs; [] as proposed */
/**
 * @typedef {object} Ahead what is to be put in order
 * @property {Day} day without any pin
 * @property {JobView[]} stops those in `day`
 * @property {JobView[]} placeless those of today without a position: listed, not reckoned with
 * @property {number} midnightMs when the seconds of `day` begin
 * @property {number | null} hand when the way to the job in hand ends; null: no job in hand, or at its door
 */

/** Price of a second late beside 10 for a second of driving. @type {Record<string, number>} */
const LATE = { normal: 30, urgent: 60, emergency: 120 };
const MINUTE_MS = 60000;

/**
 * What is still to come today, as the order of a day wants it. Whole minutes: the same minute gives the same day.
 * @param {DayPlan} plan
 * @param {{work: Work, today: string, nowMs: number, zone: string}} at
 * @returns {Ahead}
 */
export function aheadOf(plan, { work, today, nowMs, zone }) {
  const [hours, minutes] = time(nowMs, zone).split(':').map(Number);
  const now = hours * 3600 + minutes * 60;
  const midnightMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - now * 1000;
  const secondsOf = (/** @type {number} */ ms) => Math.floor((ms - midnightMs) / 1000);
  const model = meanOf(work.travel);
  const ofToday = [...plan.stops, ...plan.free.filter((job) => job.visit_on === today)];
  const stops = ofToday.filter(placeOf);
  const shift = today in work.changes ? work.changes[today] : work.week[(new Date(`${today}T00:00Z`).getUTCDay() + 6) % 7];
  const { hand, free, from } = inHand(plan, { work, model, now, secondsOf });

  /** @type {Place[]} */
  const places = stops.map((job) => /** @type {Place} */ (placeOf(job)));
  const rowOf = (/** @type {Place | null} */ place) => (place ? places.push(place) - 1 : null);
  const start = rowOf(from);
  const end = rowOf(Array.isArray(work.end) ? work.end : null);
  return {
    stops, midnightMs, hand, placeless: ofToday.filter((job) => !placeOf(job)),
    day: {
      now: free, start, end, shift: shift ?? [0, 86400], lunch: work.lunch && shift && free < work.lunch.latest + work.lunch.seconds ? work.lunch : null,
      stops: stops.map((job, place) => ({
        id: job.id, place, seconds: job.planned_minutes * 60, late_weight: LATE[job.priority] ?? LATE.normal, pinned: null,
        planned: job.planned_start_ms ? secondsOf(job.planned_start_ms) : null,
        windows: job.window ? [[secondsOf(job.window.start_ms), secondsOf(job.window.end_ms)]] : [],
      })),
      travel: places.map((here) => places.map((there) => estimate(metresBetween(here, there), model, 0))),
    },
  };
}

/**
 * When the job in hand lets go, and from where it goes on.
 * @param {DayPlan} plan
 * @param {{work: Work, model: Work['travel'], now: number, secondsOf: (ms: number) => number}} at
 */
function inHand({ inHand: job, done }, { work, model, now, secondsOf }) {
  const last = done.filter(({ state }) => state !== 'cancelled').sort((one, other) => (lastMs(one) ?? 0) - (lastMs(other) ?? 0)).at(-1);
  const before = (last && placeOf(last)) ?? work.start;
  if (!job) return { hand: null, free: now, from: before };
  const place = placeOf(job);
  const since = secondsOf(lastMs(job, job.state === 'en_route' ? 'depart' : 'arrive') ?? lastMs(job) ?? 0);
  const ride = place && before ? estimate(metresBetween(before, place), model, 0) : 0;
  const hand = job.state === 'en_route' ? Math.max(now, since + ride) : null;
  const begin = hand === null ? since : Math.max(hand, job.window ? secondsOf(job.window.start_ms) : 0);
  return { hand, free: Math.max(now, begin + job.planned_minutes * 60), from: place }; // what takes longer than planned ends now, every minute anew
}

/** The day with pins. @param {Day} day @param {Chosen} chosen @returns {Day} */
export function pinnedDay(day, { order, pinned }) {
  const left = order.filter((id) => day.stops.some((stop) => stop.id === id));
  return { ...day, stops: day.stops.map((stop) => ({ ...stop, pinned: pinned.includes(stop.id) ? left.indexOf(stop.id) : null })) };
}

/**
 * What the person chose for today: said on this phone, or known to the server. null: nothing that still holds anything.
 * @param {JobView[]} jobs
 * @param {import('#app/types/domain.js').DayOrder | null | undefined} known
 * @param {string} today
 * @param {Day} day
 * @returns {Chosen | null}
 */
export function chosenOf(jobs, known, today, day) {
  const said = jobs.map((job) => job.day_order).filter((one) => one?.day === today).sort((one, other) => (one?.at_ms ?? 0) - (other?.at_ms ?? 0)).at(-1);
  const found = said ?? (known?.day === today ? known : null);
  return found?.pinned.some((id) => day.stops.some((stop) => stop.id === id)) ? { order: found.order, pinned: found.pinned } : null;
}

/**
 * What an order costs beside the proposed one.
 * @param {Order} proposed @param {Order} own
 * @returns {{driving: number, end: number, late: {id: string, late: number}[]}} seconds; late: only who is served too late, and later than as proposed
 */
export function priceOf(proposed, own) {
  const before = new Map(proposed.stops.map(({ id, late }) => [id, late]));
  return {
    driving: own.travel - proposed.travel, end: own.home_at - proposed.home_at,
    late: own.stops.filter(({ id, late }) => late >= 60 && late > (before.get(id) ?? 0)),
  };
}

/**
 * The jobs as they follow each other; one without a position stands where its time would, not before those at their place by hand.
 * @param {Ahead} ahead @param {Order} order @param {string[]} [pinned] @returns {JobView[]}
 */
export function inOrder({ stops, placeless, midnightMs }, order, pinned = []) {
  const jobs = new Map(stops.map((job) => [job.id, job]));
  const found = order.stops.map(({ id, start }) => ({ job: /** @type {JobView} */ (jobs.get(id)), ms: midnightMs + start * 1000 }));
  for (const job of placeless) {
    const ms = beginOf(job) ?? Infinity;
    const at = found.findIndex((one) => one.ms > ms && !pinned.includes(one.job.id));
    found.splice(at < 0 ? found.length : at, 0, { job, ms });
  }
  return [...found.map(({ job }) => job), ...stops.filter((job) => order.unplaced.includes(job.id))];
}

/** Numbers of a day in the order in which it happens. @param {DayPlan} plan @param {JobView[]} stops */
export function numbersOf({ done, inHand: hand }, stops) {
  const gone = done.filter(({ state }) => state !== 'cancelled').sort((one, other) => (lastMs(one) ?? 0) - (lastMs(other) ?? 0));
  return new Map([...gone, ...(hand ? [hand] : []), ...stops].map((job, at) => [job.id, at + 1]));
}

/** Whole minutes. @param {number} seconds */
export function minutesOf(seconds) {
  return Math.round(seconds / 60);
}

/** One factor for the whole day, as the office plans with: the mean of its working hours. @param {Work['travel']} model */
function meanOf(model) {
  return { ...model, factor_per_mille: [Math.floor(model.factor_per_mille.slice(8, 18).reduce((sum, factor) => sum + factor, 0) / 10)] };
}

/** @param {JobView} job @returns {Place | null} */
function placeOf({ site: { lat, lng } }) {
  return lat === null || lng === null ? null : [lat, lng];
}

/** @param {JobView} job @param {string} [step] */
function lastMs(job, step) {
  return job.steps.findLast((one) => !one.void_reason && (!step || one.step === step))?.at_ms;
}
