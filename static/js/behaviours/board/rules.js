/**
 * What a drop on the board would mean, told before it is done. Pure: hours of the day in, codes out; the words are said
 * in words.js, what counts is decided by the server again.
 */

/** @typedef {{ lead: string, name: string, start: number }} Place who goes ('' nobody), their name, hour of the day */
/**
 * @typedef {object} Held the visit that is being moved
 * @property {string} id
 * @property {string} state
 * @property {string} branch '' where only one is shown
 * @property {number} hours how long it is
 * @property {Place | null} from where it lay; null: without a time
 * @property {string} lead who led it before
 */
/** @typedef {{ id: string, name: string, start: number, end: number, isOver: boolean }} Other a visit in the row */
/** @typedef {{ code: string, facts: Record<string, string>, isRefusal?: boolean }} Remark */

export const STEP = 0.25; // hours: a moved visit begins on a quarter
const BEGUN = ['en_route', 'arrived', 'working'];

/** @param {number} hour @returns {number} the nearest quarter of an hour */
export function snap(hour) {
  return Math.round(hour / STEP) * STEP;
}

/** Keeps a start within the hours shown. @param {number} start @param {number} hours @param {number} first @param {number} last */
export function clamp(start, hours, first, last) {
  return Math.max(first, Math.min(start, Math.max(first, last - Math.min(hours, last - first))));
}

/** @param {number} hour '13:30' @returns {string} */
export function clockOf(hour) {
  const minutes = Math.round(hour * 60);
  return `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** @param {number} start @param {number} end @returns {string} '13:00–14:30' */
export function windowOf(start, end) {
  return `${clockOf(start)}–${clockOf(end)}`;
}

/**
 * @param {Held} held
 * @param {Place & { branch: string }} to
 * @param {Other[]} others what lies in that row
 * @param {{ nowAt: number | null, isPast: boolean, canAssign: boolean }} day `nowAt`: null on another day
 * @returns {Remark[]} refusals first; none: nothing speaks against it
 */
export function remarks(held, to, others, day) {
  const end = to.start + held.hours;
  /** @type {Remark[]} */
  const found = [];
  if (to.lead !== held.lead && !day.canAssign) found.push({ code: 'may_not_assign', facts: {}, isRefusal: true });
  if (to.lead && held.branch && to.branch !== held.branch) found.push({ code: 'other_branch', facts: { name: to.name }, isRefusal: true });
  if (to.lead) {
    for (const other of others) {
      if (other.id === held.id || other.isOver || other.start >= end || to.start >= other.end) continue;
      found.push({ code: 'overlap', facts: { name: to.name, customer: other.name, window: windowOf(other.start, other.end) } });
    }
  }
  if (end > 24) found.push({ code: 'over_midnight', facts: {} });
  if (day.isPast || (day.nowAt !== null && end <= day.nowAt)) found.push({ code: 'window_over', facts: {} });
  else if (day.nowAt !== null && to.start < day.nowAt) found.push({ code: 'window_begun', facts: {} });
  if (held.from && held.from.start !== to.start) {
    found.push({ code: 'customer_told', facts: { window: windowOf(held.from.start, held.from.start + held.hours) } });
  }
  if (to.lead !== held.lead && BEGUN.includes(held.state)) found.push({ code: 'has_begun', facts: {} });
  if (!to.lead && held.lead) found.push({ code: 'nobody_goes', facts: {} });
  return found;
}

/** Whether a drop there would change nothing. @param {Held} held @param {Place} to */
export function isSame(held, to) {
  return held.from !== null && held.from.start === to.start && held.lead === to.lead;
}
