import { day, dayOf, t, time } from '#app/core/i18n.js';
import { nowMs } from '#app/core/clock.js';
import { STEPS } from '#app/rules/job-state.js';
import { hasSigned } from '#app/sync/operations/take_back_step.js';
import { shortDay, stepWord } from '#app/screens/job-words.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {JobView['steps'][number]} StepRecord */

const LAID = /** @type {const} */ (['accept', 'depart', 'arrive', 'start', 'finish']);

/** Steps of the present run that stand. @param {JobView} job */
export function standing(job) {
  return job.steps.filter((step) => !step.void_reason && step.run === job.run);
}

/** The step that can be taken back now; null: none. @param {JobView} job @returns {StepRecord | null} */
export function lastStep(job) {
  const last = standing(job).at(-1);
  return last && last.to === job.state ? last : null;
}

/**
 * The five planks of a visit with the time each was laid.
 * @param {JobView} job
 * @param {number} nowMs
 * @returns {{word: string, at: string, laid: boolean, current: boolean}[]}
 */
export function planksOf(job, nowMs) {
  const words = { accept: t('Accept'), depart: t('Depart'), arrive: t('Arrive'), start: t('Start'), finish: t('Finish') };
  const taken = standing(job);
  const last = taken.at(-1);
  return LAID.map((name) => {
    const step = taken.findLast((one) => one.step === name);
    const ended = name === 'finish' && last && ['unfinished', 'absent'].includes(last.to);
    const word = ended ? (last.to === 'absent' ? t('Absent') : t('Not finished')) : words[name];
    const at = ended ? last : step;
    return {
      word, at: at ? shortMoment(at.at_ms, nowMs, job.timezone) : '',
      laid: Boolean(step), current: Boolean(last && (last === step || ended)),
    };
  });
}

/** 10:31; on another day 11/20 17:20. @param {number} ms @param {number} nowMs @param {string} zone */
export function shortMoment(ms, nowMs, zone) {
  const on = dayOf(ms, zone);
  if (on === dayOf(nowMs, zone)) return time(ms, zone);
  return `${shortDay(on)} ${time(ms, zone)}`;
}

/** How the arrival kept the window; '' before the arrival or without a window. @param {JobView} job */
export function arrivalWords(job) {
  const arrived = standing(job).findLast((step) => step.step === 'arrive');
  if (!arrived || !job.window) return '';
  const at = { time: time(arrived.at_ms, job.timezone) };
  const late = Math.floor((arrived.at_ms - job.window.end_ms) / 60000);
  if (late > 0) return t('Arrived {time}, {minutes} min after the window', { ...at, minutes: late });
  return arrived.at_ms < job.window.start_ms ? t('Arrived {time}, before the window', at) : t('Arrived {time}, within the window', at);
}

/** What a person can do besides the next step. @param {JobView} job @returns {{cannotFinish: boolean, absent: boolean, takeBack: boolean}} */
export function otherSteps(job) {
  const leaves = (/** @type {string} */ name) => STEPS[name].leaves.includes(job.state);
  return { cannotFinish: leaves('cannot_finish'), absent: leaves('customer_absent'), takeBack: job.state !== 'cancelled' && lastStep(job) !== null && !hasSigned(job) };
}

/**
 * A time agreed with the customer, said in the branch's zone, as a moment.
 * @param {string} date YYYY-MM-DD
 * @param {string} clock HH:MM
 * @param {string} zone
 * @returns {number | null} null: not a date and a time
 */
export function momentOf(date, clock, zone) {
  const wall = date && clock ? Date.parse(`${date}T${clock}:00Z`) : NaN; // Chromium finds a date in "T:00Z", too
  if (Number.isNaN(wall)) return null;
  let guess = wall;
  for (let pass = 0; pass < 2; pass += 1) guess = wall - offsetMs(guess, zone); // the second pass is for days when clocks change
  return guess;
}

/** How far the wall clock of a zone is ahead of UTC at a moment. @param {number} ms @param {string} zone */
function offsetMs(ms, zone) {
  const wall = Date.parse(`${dayOf(ms, zone)}T${time(ms, zone)}:00Z`);
  return wall - Math.floor(ms / 60000) * 60000;
}

/** The agreed next time in words. @param {number} ms @param {string} zone */
export function promiseWords(ms, zone) {
  return `${day(dayOf(ms, zone))} ${time(ms, zone)}`;
}

/** "The office changed the address …": both stand. @param {import('#app/types/domain.js').Overlap} one @param {string} zone */
export function overlapWords({ subjects, at_ms, kind, step, said_ms }, zone) {
  /** @type {Record<string, string>} */
  const what = { address: t('the address'), time: t('day or window'), phone: t('the phone number'), customer: t('the customer’s details'), task: t('the task'), charge: t('what is to be collected'), product: t('the product') };
  /** @type {Record<string, string>} */
  const acts = { sign_sheet: t('had it signed'), state_charges: t('wrote the charge'), report_incident: t('reported an incident'), take_back_step: t('took a step back'), answer_item: t('filled in the checklist'), add_note: t('wrote a note') };
  const facts = { what: subjects.map((subject) => what[subject] ?? subject).join(t(', ')), at: shortMoment(at_ms, nowMs(), zone), said: shortMoment(said_ms, nowMs(), zone) };
  return kind === 'take_step'
    ? t('The office changed {what} at {at}; you recorded “{step}” at {said} without having seen it.', { ...facts, step: stepWord(step) })
    : t('The office changed {what} at {at}; you {act} at {said} without having seen it.', { ...facts, act: acts[kind] ?? kind });
}
