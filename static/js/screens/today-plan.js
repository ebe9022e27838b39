import { ENDED, RUNNING } from '#app/rules/job-state.js';
import { dayOf } from '#app/core/i18n.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/**
 * @typedef {object} DayPlan what Today shows, in the order shown
 * @property {JobView | null} inHand the job on the way or at the site, led by this person if there is one
 * @property {JobView[]} earlier open jobs of days gone by, the oldest first
 * @property {JobView[]} stops of today, or begun although planned for later; with a time, by what the office planned, else by window
 * @property {JobView[]} free of today or undated, without a time; the nearest to the next stop first
 * @property {JobView[]} done ended today
 * @property {JobView[]} handedOver no longer this person's, kept until everything is acknowledged
 * @property {JobView | null} next the job the dock is about
 * @property {Map<string, number>} numbers job id → its place in the day, from 1
 */

/**
 * Sorts the jobs on this phone into the sections of Today.
 * @param {JobView[]} jobs
 * @param {{personId: string, today: string}} at today: YYYY-MM-DD in the branch's zone
 * @returns {DayPlan}
 */
export function planOf(jobs, { personId, today }) {
  const mine = jobs.filter((job) => !job.handedOver);
  const open = mine.filter((job) => !ENDED.includes(job.state));
  const inHand = open.filter((job) => RUNNING.includes(job.state)).sort(byHand(personId))[0] ?? null;
  const waiting = open.filter((job) => job !== inHand);
  const earlier = waiting.filter((job) => job.visit_on && job.visit_on < today).sort(byWindow);
  const ofToday = waiting.filter((job) => !job.visit_on || job.visit_on === today || (job.visit_on > today && RUNNING.includes(job.state)));
  const stops = ofToday.filter(isTimed).sort(byWindow);
  const done = mine.filter((job) => ENDED.includes(job.state) && endedOn(job) === today).sort(byWindow);
  const loose = ofToday.filter((job) => !isTimed(job));
  const next = inHand ?? firstLed([...stops, ...earlier, ...loose], personId);
  return {
    inHand, earlier, stops, done, next,
    free: loose.sort(byDistance(stops[0] ?? inHand)),
    handedOver: jobs.filter((job) => job.handedOver),
    numbers: numbersOf([inHand, ...stops, ...done].filter((job) => job !== null), today),
  };
}

/**
 * Open jobs of days to come, a group a day.
 * @param {JobView[]} jobs
 * @param {string} today
 * @returns {{day: string, jobs: JobView[]}[]}
 */
export function upcomingOf(jobs, today) {
  const later = jobs.filter((job) => !job.handedOver && !ENDED.includes(job.state) && !RUNNING.includes(job.state)
    && job.visit_on && job.visit_on > today);
  return groupedByDay(later.sort(byWindow), (job) => job.visit_on ?? '');
}

/**
 * Ended jobs still on this phone, the latest day first.
 * @param {JobView[]} jobs
 * @returns {{day: string, jobs: JobView[]}[]}
 */
export function doneOf(jobs) {
  const ended = jobs.filter((job) => !job.handedOver && ENDED.includes(job.state)).sort(byWindow);
  return groupedByDay(ended, endedOn).sort((one, other) => other.day.localeCompare(one.day));
}

/** How many jobs the tab Today stands for. @param {DayPlan} plan */
export function countOf(plan) {
  return (plan.inHand ? 1 : 0) + plan.earlier.length + plan.stops.length + plan.free.length + plan.done.length + plan.handedOver.length;
}

/**
 * Metres in a straight line on a ball of the Earth's mean radius; null when one of the places is unknown.
 * @param {JobView | null | undefined} one
 * @param {JobView | null | undefined} other
 */
export function metresBetween(one, other) {
  const from = placeOf(one);
  const to = placeOf(other);
  if (!from || !to) return null;
  const half = (/** @type {number} */ degrees) => Math.sin((degrees * Math.PI) / 360) ** 2;
  const cos = (/** @type {number} */ degrees) => Math.cos((degrees * Math.PI) / 180);
  const h = half(to.lat - from.lat) + cos(from.lat) * cos(to.lat) * half(to.lng - from.lng);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The day a job ended, in the branch's zone; its planned day when no step says so. @param {JobView} job */
export function endedOn(job) {
  const last = job.steps.findLast((step) => !step.void_reason && ENDED.includes(step.to));
  return last ? dayOf(last.at_ms, job.timezone) : job.visit_on ?? '';
}

const EARTH_RADIUS_M = 6371008.8; // mean radius, IUGG

/** @param {JobView} job @param {string} personId */
export function isLed(job, personId) {
  return job.lead?.id === personId;
}

/** @param {JobView[]} jobs @param {string} personId */
function firstLed(jobs, personId) {
  return jobs.find((job) => isLed(job, personId)) ?? jobs[0] ?? null;
}

/** Own work before helped work, then what moved last. @param {string} personId */
function byHand(personId) {
  const rank = (/** @type {JobView} */ job) => (isLed(job, personId) ? 1 : 0);
  return (/** @type {JobView} */ one, /** @type {JobView} */ other) =>
    rank(other) - rank(one) || lastStepMs(other) - lastStepMs(one) || byWindow(one, other);
}

/** @param {JobView} job */
function lastStepMs(job) {
  return job.steps.reduce((latest, step) => Math.max(latest, step.void_reason ? 0 : step.at_ms), 0);
}

/** @param {JobView} one @param {JobView} other */
function byWindow(one, other) {
  const day = (one.visit_on ?? '9999').localeCompare(other.visit_on ?? '9999');
  return day || startOf(one) - startOf(other) || endOf(one) - endOf(other) || one.number.localeCompare(other.number);
}

/** @param {JobView} job */
function isTimed(job) {
  return !!(job.window ?? job.planned_start_ms);
}

/** As planned by the office, else with the window. @param {JobView} job @returns {number | undefined} */
export function beginOf(job) {
  return job.planned_start_ms ?? job.window?.start_ms;
}

/** @param {JobView} job */
function startOf(job) {
  return beginOf(job) ?? Number.MAX_SAFE_INTEGER;
}

/** @param {JobView} job */
function endOf(job) {
  return job.window?.end_ms ?? Number.MAX_SAFE_INTEGER;
}

/** @param {JobView | null} from */
function byDistance(from) {
  const far = (/** @type {JobView} */ job) => metresBetween(from, job) ?? Number.MAX_SAFE_INTEGER;
  return (/** @type {JobView} */ one, /** @type {JobView} */ other) =>
    far(one) - far(other) || one.number.localeCompare(other.number);
}

/** @param {JobView | null | undefined} job */
function placeOf(job) {
  const { lat, lng } = job?.site ?? {};
  return lat == null || lng == null ? null : { lat, lng };
}

/** Numbers follow the windows of the whole day, so that a stop keeps its number when it is done. @param {JobView[]} jobs @param {string} today */
function numbersOf(jobs, today) {
  const placed = jobs.filter((job) => job.visit_on === today && isTimed(job) && job.state !== 'cancelled').sort(byWindow);
  return new Map(placed.map((job, index) => [job.id, index + 1]));
}

/** @param {JobView[]} jobs @param {(job: JobView) => string} dayOfJob */
function groupedByDay(jobs, dayOfJob) {
  /** @type {Map<string, JobView[]>} */
  const days = new Map();
  for (const job of jobs) days.set(dayOfJob(job), [...(days.get(dayOfJob(job)) ?? []), job]);
  return [...days].map(([day, ofDay]) => ({ day, jobs: ofDay }));
}
