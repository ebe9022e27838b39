import { late } from '#app/behaviours/board/course.js';
import { isWithin, momentAt } from '#app/behaviours/board/rules.js';
import { estimate, metresBetween } from '#app/rules/travel.js';

/** The board as it stands in the page: its rows, what lies in them, where a point lies on the axis. */

/** @typedef {import('#app/behaviours/board/rules.js').Other} Other */
/** @typedef {import('#app/behaviours/board/rules.js').Axis} Axis */
/** @typedef {import('#app/behaviours/board/rules.js').Duty} Duty */
/** @typedef {import('#app/behaviours/board/rules.js').Held} Held */
/** @typedef {import('#app/behaviours/board/rules.js').Late} Late */
/** @typedef {import('#app/behaviours/board/rules.js').Target} Target */
/** @typedef {import('#app/behaviours/board/course.js').Work} Work */
/** @typedef {import('#app/rules/travel.js').Place} Place */
/**
 * @typedef {object} Way what somebody's row says of a day beside `Duty`: seconds from midnight
 * @property {number} [now] on the day of today
 * @property {number} free from when the rest of the day can be planned
 * @property {Place | null} from
 * @property {Place | null} to
 * @property {[number, number, number] | null} lunch earliest and latest begin, length
 */
export const ENDED = ['finished', 'unfinished', 'absent'];

/** @param {Element} element @param {string} name @returns {number} a length of the style attribute, like --s */
export function lengthOf(element, name) {
  return Number(/** @type {HTMLElement} */ (element).style.getPropertyValue(name)) || 0;
}

export class Rows {
  #page;

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#page = page;
  }

  get board() {
    return /** @type {HTMLElement} */ (this.#page.querySelector('#board'));
  }

  /** The days shown side by side. @returns {Axis} */
  get axis() {
    const days = (this.#page.dataset.days ?? '').split(' ');
    return { first: lengthOf(this.board, '--h0'), day: lengthOf(this.board, '--day'), days };
  }

  /** Rows one can drop into, from above: the tray and everybody. @returns {HTMLElement[]} */
  get lanes() {
    return [...this.#page.querySelectorAll('[data-lane]')].filter((lane) => lane instanceof HTMLElement);
  }

  /** Now on the axis; null outside what is shown. */
  get now() {
    const line = this.#page.querySelector('.now');
    return { at: line ? lengthOf(line, '--s') : null };
  }

  /** What counts for every visit. */
  get known() {
    const { today = '', minute = '0' } = this.#page.dataset;
    return { today, now: Number(minute), canAssign: 'assigns' in this.#page.dataset };
  }

  /** Skill → its name. @returns {Record<string, string>} */
  get skillNames() {
    return JSON.parse(this.#page.dataset.skills ?? '{}');
  }

  /** @param {string} lead @returns {HTMLElement | undefined} */
  laneOf(lead) {
    return this.lanes.find((lane) => lane.dataset.lane === lead);
  }

  /** The visit of a block, to be moved. @param {HTMLElement} block @returns {Held} */
  heldOf(block) {
    const lane = block.closest('[data-lane]');
    const lead = lane instanceof HTMLElement ? lane.dataset.lane ?? '' : block.dataset.lead ?? '';
    const { job = '', state = '', branch = '', minutes, needs, load, pinned, at } = block.dataset;
    return {
      id: job, state, branch, lead, minutes: Number(minutes), leadName: (lead && this.laneOf(lead)?.dataset.name) || '',
      from: lane ? momentAt(lengthOf(block, '--s'), this.axis) : null,
      room: windowOf(block), work: Math.round((lengthOf(block, '--e') - lengthOf(block, '--s')) * 60),
      needs: needs ? needs.split(' ') : [], load: Number(load ?? 0), isPinned: pinned !== undefined,
      isPlaced: at !== undefined || !('assigns' in this.#page.dataset),
    };
  }

  /** What lies in a row on a day. @param {HTMLElement} lane @param {string} day @returns {Other[]} */
  othersIn(lane, day) {
    return this.#blocksIn(lane, day).map(({ block, start, end }) => ({
      id: block.dataset.job ?? '',
      name: block.dataset.name ?? block.querySelector('b')?.textContent ?? '',
      start,
      end,
      isOver: ENDED.includes(block.dataset.state ?? ''),
      load: Number(block.dataset.load ?? 0),
    }));
  }

  /** @param {HTMLElement} lane @param {string} day */
  #blocksIn(lane, day) {
    const { axis } = this;
    const shift = axis.days.indexOf(day) * axis.day;
    return [...lane.querySelectorAll('.track > .blk:not(.is-held)')].flatMap((block) => {
      if (!(block instanceof HTMLElement) || momentAt(lengthOf(block, '--s'), axis).day !== day) return [];
      const [start, end] = ['--s', '--e'].map((name) => Math.round((lengthOf(block, name) - shift) * 60));
      return [{ block, start: start ?? 0, end: end ?? 0 }];
    });
  }

  /** What is known of the person of a row. @param {HTMLElement} lane @param {string} day @returns {Duty} */
  dutyOf(lane, day) {
    const who = JSON.parse(lane.dataset.who ?? '{}');
    const { why = '', shift = null } = who.days?.[this.axis.days.indexOf(day)] ?? {};
    return { why, shift, skills: who.skills ?? null, expired: who.expired ?? {}, van: who.van ?? null };
  }

  /**
   * Tells whom that person would reach too late on that day with the visit somewhere, later than without it.
   * @param {HTMLElement} lane @param {string} day @param {Held} held @param {HTMLElement} block
   * @returns {(target: Target) => Late[]}
   */
  courseOf(lane, day, held, block) {
    /** @type {Way | undefined} */
    const way = JSON.parse(lane.dataset.who ?? '{}').days?.[this.axis.days.indexOf(day)]?.way;
    const model = this.#modelOf(lane);
    if (!way || !model) return () => [];
    const others = this.#blocksIn(lane, day).filter(({ block: one }) => 'ahead' in one.dataset && one.dataset.job !== held.id);
    const works = others.map(({ block: one, start, end }) => workOf(one, start, end));
    /** @param {Place} here @param {Place} there */
    const seconds = (here, there) => estimate(metresBetween(here, there), model, 0);
    const before = late(way, works, seconds);
    /** @param {Target} target @returns {Work} */
    const there = (target) => {
      const [first, last] = isWithin(held, target) && held.room ? held.room : [target.start, target.start + held.minutes];
      return { ...workOf(block, 0, 0), window: [first * 60, last * 60], start: target.start * 60 };
    };
    return (target) => [...late(way, [...works, there(target)], seconds)].flatMap(([id, more]) => {
      const minutes = Math.ceil(more / 60);
      const name = others.find(({ block: one }) => keyOf(one) === id)?.block.querySelector('b')?.textContent ?? '';
      return more > (before.get(id) ?? 0) ? [{ id, name, minutes }] : [];
    });
  }

  /** The formula of travel of the branch of a row. @param {HTMLElement} lane @returns {import('#app/rules/travel.js').TravelModel | undefined} */
  #modelOf(lane) {
    const models = JSON.parse(this.#page.dataset.travel ?? '{}');
    return models[lane.dataset.branch ?? Object.keys(models)[0] ?? ''];
  }
}

/** The window agreed with the customer, where it is drawn otherwise. @param {HTMLElement} block @returns {[number, number] | null} */
function windowOf(block) {
  const [start, end] = block.dataset.window?.split(',').map(Number) ?? [];
  return start === undefined || end === undefined ? null : [start, end];
}

/** A visit on somebody's way: that of who helps has a name of its own. @param {HTMLElement} block */
function keyOf(block) {
  return block.dataset.key ?? block.dataset.job ?? '';
}

/** @param {HTMLElement} block @param {number} start @param {number} end minutes @returns {Work} */
function workOf(block, start, end) {
  const place = block.dataset.at?.split(',').map(Number);
  const [first, last] = windowOf(block) ?? [start, end];
  return {
    id: keyOf(block), place: place ? [place[0] ?? 0, place[1] ?? 0] : null,
    seconds: Number(block.dataset.work) * 60, window: [first * 60, last * 60], start: start * 60,
  };
}
