/**
 * What a drop on the board would mean, told before it is done. Pure: values in, codes out; the words are said in words.js.
 * `fieldservice/dispatch/conflicts.py` says the same at the server, which decides; tests/vectors/board.json holds both.
 */

/**
 * @typedef {object} Axis the days shown side by side
 * @property {number} first the first hour of each
 * @property {number} day hours of each
 * @property {string[]} days YYYY-MM-DD
 */
/** @typedef {{ day: string, start: number }} Moment a day, and minutes from its midnight */
/**
 * @typedef {object} Held the visit that is being moved
 * @property {string} id
 * @property {string} state
 * @property {string} branch '' where only one is shown
 * @property {number} minutes how long its window is
 * @property {string} lead who led it before; '' nobody
 * @property {string} leadName
 * @property {Moment | null} from where it lay; null: without a time
 * @property {string[]} needs skills
 * @property {number} load m² of boards
 * @property {boolean} isPinned the customer asked for whoever leads it
 * @property {boolean} isPlaced its position is known
 * @property {[number, number] | null} [room] of a visit that is planned to begin within its window: from when until when that is, minutes of the day of `from`
 * @property {number} [work] and how long the work is, minutes
 */
/** @typedef {Moment & { lead: string, name: string, branch: string }} Target where it would lie */
/** @typedef {{ id: string, name: string, start: number, end: number, isOver: boolean, load: number }} Other a visit of that person and day, minutes from midnight */
/**
 * @typedef {object} Duty what is known of a person on a day; all null or empty where nothing is
 * @property {string} why '' is there, 'off', 'sick', 'no_shift', 'inactive'
 * @property {[number, number] | null} shift minutes from midnight
 * @property {string[] | null} skills null: not known here
 * @property {Record<string, string>} expired skill → its last good day
 * @property {number | null} van m² it takes; null: no limit
 */
/** @typedef {{ today: string, now: number, canAssign: boolean }} Now `now`: minutes of today */
/** @typedef {{ id: string, name: string, minutes: number }} Late a visit that would be begun so late */
/** @typedef {'refused' | 'hard' | 'soft' | 'told'} Level refused: cannot be; hard: asked again; soft: said; told: no trouble */
/** @typedef {{ code: string, level: Level, facts: Record<string, any> }} Remark */

export const STEP = 0.25; // hours: a moved visit begins on a quarter
const BEGUN = ['en_route', 'arrived', 'working'];
const ORDER = ['refused', 'hard', 'soft', 'told'];

/** @param {number} hour @returns {number} the nearest quarter of an hour */
export function snap(hour) {
  return Math.round(hour / STEP) * STEP;
}

/** Keeps a place on the axis within the hours shown of its day. @param {number} at @param {number} hours how long it is @param {Axis} axis */
export function clamp(at, hours, { first, day, days }) {
  const index = Math.max(0, Math.min(days.length - 1, Math.floor((at - first) / day)));
  const begin = first + index * day;
  return Math.max(begin, Math.min(at, begin + day - Math.min(hours, day)));
}

/** @param {number} at a place on the axis @param {Axis} axis @returns {Moment} */
export function momentAt(at, { first, day, days }) {
  const index = Math.max(0, Math.min(days.length - 1, Math.floor((at - first) / day)));
  return { day: /** @type {string} */ (days[index]), start: Math.round((at - index * day) * 60) };
}

/** Where a moment lies on the axis. @param {Moment} moment @param {Axis} axis @returns {number} */
export function placeOf({ day: on, start }, { day, days }) {
  return start / 60 + Math.max(0, days.indexOf(on)) * day;
}

/** @param {number} minutes 810 → '13:30' @returns {string} */
export function clockOf(minutes) {
  return `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** @param {number} start @param {number} end minutes @returns {string} '13:00–14:30' */
export function windowOf(start, end) {
  return `${clockOf(start)}–${clockOf(end)}`;
}

/**
 * @param {Held} held @param {Target} to
 * @param {Other[]} others @param {Duty} duty of that person on that day
 * @param {Late[]} late of that person on that day, with the visit there
 * @param {Now} now
 * @returns {Remark[]} the worst first; none: nothing speaks against it
 */
export function remarks(held, to, others, duty, late, now) {
  const found = [...about(held, to, now), ...(to.lead ? against(held, to, others, duty, late) : [])];
  return found.sort((one, other) => ORDER.indexOf(one.level) - ORDER.indexOf(other.level));
}

/** Whether the window agreed with the customer stays, and only the planned start moves. @param {Held} held @param {Moment} to */
export function isWithin({ room, from }, to) {
  return room && from?.day === to.day ? room[0] <= to.start && to.start < room[1] : false;
}

/** Minutes that lie there: the work within its window, else the window, which moves along. @param {Held} held @param {Moment} to */
export function lengthAt(held, to) {
  return isWithin(held, to) ? held.work ?? 0 : held.minutes;
}

/** Of the time, and of the visit itself. @param {Held} held @param {Target} to @param {Now} now @returns {Remark[]} */
function about(held, to, now) {
  const end = to.start + lengthAt(held, to);
  /** @type {Remark[]} */
  const found = [];
  const say = sayTo(found);
  if (to.lead !== held.lead && !now.canAssign) say('refused', 'may_not_assign');
  if (end > 1440) say('soft', 'over_midnight');
  if (to.day < now.today || (to.day === now.today && end <= now.now)) say('soft', 'window_over');
  else if (to.day === now.today && to.start < now.now) say('soft', 'window_begun');
  if (held.from && (held.from.start !== to.start || held.from.day !== to.day)) {
    const window = windowOf(...held.room ?? /** @type {[number, number]} */ ([held.from.start, held.from.start + held.minutes]));
    if (isWithin(held, to)) say('told', 'window_stays', { window });
    else say('told', 'customer_told', { day: held.from.day === to.day ? '' : held.from.day, window });
  }
  if (to.lead !== held.lead && BEGUN.includes(held.state)) say('soft', 'has_begun');
  if (!to.lead && held.lead) say('soft', 'nobody_goes');
  return found;
}

/** Of the person. @param {Held} held @param {Target} to @param {Other[]} others @param {Duty} duty @param {Late[]} late @returns {Remark[]} */
function against(held, to, others, duty, late) {
  const { name } = to;
  const end = to.start + lengthAt(held, to);
  /** @type {Remark[]} */
  const found = [];
  const say = sayTo(found);
  if (held.branch && to.branch !== held.branch) say('refused', 'other_branch', { name });
  if (held.isPinned && held.lead && held.lead !== to.lead) say('hard', 'pinned', { name: held.leadName });
  for (const skill of duty.skills ? held.needs : []) {
    const until = duty.expired[skill];
    if (until) say('hard', 'certificate_expired', { name, skill, until });
    else if (!duty.skills?.includes(skill)) say('hard', 'no_skill', { name, skill });
  }
  if (duty.why) say(duty.why === 'no_shift' ? 'soft' : 'hard', duty.why, { name });
  else if (duty.shift && (to.start < duty.shift[0] || end > duty.shift[1])) say('soft', 'outside_shift', { name, window: windowOf(...duty.shift) });
  for (const other of others) {
    if (other.id === held.id || other.isOver || other.start >= end || to.start >= other.end) continue;
    say('soft', 'overlap', { name, customer: other.name, window: windowOf(other.start, other.end) });
  }
  for (const one of late) {
    if (one.id === held.id) say('soft', 'late_here', { name, minutes: one.minutes });
    else say('soft', 'late_there', { name, customer: one.name, minutes: one.minutes });
  }
  if (!held.isPlaced) say('soft', 'no_position');
  const load = others.reduce((sum, other) => sum + (other.id === held.id || other.isOver ? 0 : other.load), held.load);
  if (duty.van !== null && held.load && load > duty.van) say('soft', 'load', { name, load, van: duty.van });
  return found;
}

/** @param {Remark[]} found @returns {(level: Level, code: string, facts?: Record<string, any>) => void} */
function sayTo(found) {
  return (level, code, facts = {}) => { found.push({ code, level, facts }); };
}

/** Whether a drop there would change nothing. @param {Held} held @param {Target} to */
export function isSame(held, to) {
  return held.from !== null && held.from.start === to.start && held.from.day === to.day && held.lead === to.lead;
}
