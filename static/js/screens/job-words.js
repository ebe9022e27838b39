import { day, dayOf, fullDate, lang, t, time, windowText, yuan } from '#app/core/i18n.js';
import { finalLines, totalFen } from '#app/rules/charges.js';
import { ENDED, nextSteps } from '#app/rules/job-state.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {{icon: string, text: string, tone: '' | 'wait' | 'risk' | 'act'}} Chip */

/** The kind of visit, as the office names it. @param {string} type */
export function typeWord(type) {
  return {
    survey: t('Survey'), installation: t('Installation'), repair: t('Repair'), maintenance: t('Maintenance'),
    delivery_inspection: t('Delivery inspection'), repeat_repair: t('Repeat repair'),
    courtesy_visit: t('Courtesy visit'), goods_transport: t('Goods transport'),
  }[type] ?? type;
}

/**
 * State as word, plank and colour.
 * @param {string} state
 * @returns {{word: string, mark: string, tone: string}}
 */
export function stateOf(state) {
  return {
    unassigned: { word: t('Not assigned'), mark: 'unassigned', tone: '' },
    assigned: { word: t('To be accepted'), mark: 'assigned', tone: 'move' },
    accepted: { word: t('Accepted'), mark: 'accepted', tone: 'move' },
    en_route: { word: t('On the way'), mark: 'enroute', tone: 'move' },
    arrived: { word: t('Arrived'), mark: 'arrived', tone: 'act' },
    working: { word: t('Working'), mark: 'working', tone: 'act' },
    finished: { word: t('Finished'), mark: 'done', tone: 'done' },
    unfinished: { word: t('Not finished'), mark: 'paused', tone: 'wait' },
    absent: { word: t('Customer absent'), mark: 'paused', tone: 'wait' },
    cancelled: { word: t('Cancelled'), mark: 'cancelled', tone: 'done' },
  }[state] ?? { word: state, mark: 'unassigned', tone: '' };
}

/** A step as it stands in the history of a job. @param {string} step */
export function stepWord(step) {
  return {
    accept: t('Accepted'), depart: t('Departed'), arrive: t('Arrived'), start: t('Started'), finish: t('Finished'),
    cannot_finish: t('Not finished'), customer_absent: t('Customer absent'),
  }[step] ?? step;
}

/** 11/20 in Chinese; 20 Nov in English, where figures alone are read both ways. @param {string} isoDate */
export function shortDay(isoDate) {
  if (lang() !== 'zh') return fullDate(isoDate).slice(0, -5);
  const [, month, date] = isoDate.split('-').map(Number);
  return `${month}/${date}`;
}

/**
 * From arrival to the end, when both were recorded, else ''; with the dates unless both are of the day under which it stands.
 * @param {JobView} job @param {string} on YYYY-MM-DD in the branch's zone
 */
export function spanWords(job, on) {
  const steps = job.steps.filter((step) => !step.void_reason);
  const from = arrivalOf(job)?.at_ms;
  const to = steps.at(-1)?.at_ms;
  if (!from || !to || to === from) return '';
  const [first, last] = [from, to].map((ms) => dayOf(ms, job.timezone));
  if (first !== last) return `${shortDay(first)} ${time(from, job.timezone)} – ${shortDay(last)} ${time(to, job.timezone)}`;
  return `${first === on ? '' : `${shortDay(first)} `}${windowText({ start_ms: from, end_ms: to }, job.timezone)}`;
}

/** The day it was planned for, where an ended job stands under another and nothing else on its card says it; ''. @param {JobView} job @param {string} on YYYY-MM-DD */
export function plannedDayWords(job, on) {
  const { visit_on: planned, timezone } = job;
  const arrived = arrivalOf(job);
  return planned && planned !== on && !(arrived && planned === dayOf(arrived.at_ms, timezone)) ? t('Planned for {day}', { day: day(planned) }) : '';
}

/** @param {JobView} job */
function arrivalOf(job) {
  return job.steps.find((step) => !step.void_reason && step.step === 'arrive');
}

/** When the office has it begin, where the window does not say so already; ''. @param {JobView} job */
export function plannedWords({ planned_start_ms: ms, window, timezone }) {
  return ms && ms !== window?.start_ms ? t('Planned {time}', { time: time(ms, timezone) }) : '';
}

/**
 * The large button: what to do next and what will be written down; null when nothing can be done.
 * @param {string} state
 * @param {string} clock the time that will be recorded, e.g. 10:52
 * @returns {{step: string, text: string, records: string} | null}
 */
export function nextButton(state, clock) {
  const step = nextSteps(state)[0];
  const words = {
    accept: { text: t('Accept the job'), records: t('Records acceptance at {time}', { time: clock }) },
    depart: { text: t('On my way'), records: t('Records departure at {time}', { time: clock }) },
    arrive: { text: t('I have arrived'), records: t('Records arrival at {time}', { time: clock }) },
    start: { text: t('Start work'), records: t('Records the start at {time}', { time: clock }) },
    finish: { text: t('Work is finished'), records: t('Records the end at {time}', { time: clock }) },
  }[step];
  return words ? { step, ...words } : null;
}

/**
 * Alerts, the most pressing first.
 * @param {JobView} job
 * @param {number} nowMs
 * @returns {Chip[]}
 */
export function chipsOf(job, nowMs) {
  return [...pressing(job, nowMs), ...needs(job), ...atTheDoor(job)];
}

/** @param {JobView} job @param {number} nowMs @returns {Chip[]} */
function pressing(job, nowMs) {
  /** @type {Chip[]} */
  const chips = [];
  const late = lateMinutes(job, nowMs);
  if (job.handedOver) chips.push({ icon: 'user-round-x', text: t('Handed over'), tone: 'wait' });
  if (late > 0) chips.push({ icon: 'clock-alert', text: lateWords(job, nowMs), tone: 'risk' });
  if (job.priority === 'emergency') chips.push({ icon: 'triangle-alert', text: t('Emergency'), tone: 'risk' });
  if (job.priority === 'urgent') chips.push({ icon: 'triangle-alert', text: t('Urgent'), tone: 'wait' });
  if (job.visit_no > 1) chips.push({ icon: 'repeat-2', text: t('Visit {number} for the same case', { number: job.visit_no }), tone: 'wait' });
  return chips;
}

/** @param {JobView} job @param {number} nowMs */
function lateWords(job, nowMs) {
  const end = job.window?.end_ms ?? 0;
  const on = dayOf(end, job.timezone);
  return on === dayOf(nowMs, job.timezone) ? t('Late: the window ended at {time}', { time: time(end, job.timezone) }) : t('Planned for {day}', { day: day(on) });
}

/** Whole minutes since the window ended without an arrival; 0: in time. @param {JobView} job @param {number} nowMs */
export function lateMinutes(job, nowMs) {
  if (!job.window || !['assigned', 'accepted', 'en_route'].includes(job.state)) return 0;
  return Math.max(0, Math.floor((nowMs - job.window.end_ms) / 60000));
}

/** @param {JobView} job @returns {Chip[]} */
function needs(job) {
  /** @type {Record<string, [string, string]>} */
  const known = {
    elderly: ['hand-heart', t('Elderly person')], children: ['baby', t('Children')], pets: ['dog', t('Pets')],
    mobility: ['accessibility', t('Limited mobility')], hearing: ['volume-2', t('Hard of hearing')],
    quiet_hours: ['volume-x', t('Quiet hours')], shoes_off: ['door-open', t('Shoes off')], parking: ['car', t('Parking is difficult')],
  };
  return job.special_needs.map((code) => {
    const [icon, text] = known[code] ?? ['info', code];
    return { icon, text, tone: /** @type {''} */ ('') };
  });
}

/** @param {JobView} job @returns {Chip[]} */
function atTheDoor(job) {
  /** @type {Chip[]} */
  const chips = [];
  if (job.site.access_note) chips.push({ icon: 'key-round', text: job.site.access_note, tone: '' });
  const fen = toCollectFen(job);
  if (fen) chips.push({ icon: 'wallet', text: t('Collect {amount}', { amount: yuan(fen) }), tone: '' });
  return chips;
}

/** What the customer is asked for as things stand; 0: nothing, or the visit is over. @param {JobView} job */
export function toCollectFen(job) {
  return ENDED.includes(job.state) ? 0 : totalFen(finalLines(job));
}

/** District without its ending, street and unit: enough to know the place by. @param {JobView} job */
export function shortAddress(job) {
  const district = job.site.district.replace(/^(.{2,})[区县]$/u, '$1');
  return [district, job.site.address, job.site.unit].filter(Boolean).join(' ');
}

/** As it stands on letters. @param {JobView} job */
export function fullAddress(job) {
  return [`${job.site.district}${job.site.address}`, job.site.unit].filter(Boolean).join(' ');
}

/** 138 **** 2716: the first three and the last four, as people read numbers. @param {string} phone */
export function maskPhone(phone) {
  const digits = phone.replace(/\D/g, '').replace(/^(?:00)?86(?=1\d{10}$)/, '');
  if (digits.length < 8) return digits ? '****' : '';
  return `${digits.slice(0, 3)} **** ${digits.slice(-4)}`;
}

/** Metres as a person says them. @param {number} metres */
export function distanceWords(metres) {
  if (metres < 950) return t('{metres} m', { metres: Math.max(10, Math.round(metres / 10) * 10) });
  return t('{km} km', { km: (metres / 1000).toFixed(1) });
}

/** How the customer is spoken of. @param {JobView} job */
export function customerOf(job) {
  return job.customer.address_form || job.customer.name;
}
