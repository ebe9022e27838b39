/** The board as it stands in the page: its rows, what lies in them, where a point lies on the axis. */

/** @typedef {import('#app/behaviours/board/rules.js').Other} Other */
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

  /** First and last hour shown. */
  get hours() {
    const first = lengthOf(this.board, '--h0');
    return { first, last: first + lengthOf(this.board, '--hours') };
  }

  /** Rows one can drop into, from above: the tray and everybody. @returns {HTMLElement[]} */
  get lanes() {
    return [...this.#page.querySelectorAll('[data-lane]')].filter((lane) => lane instanceof HTMLElement);
  }

  /** Now on the axis; null on another day. */
  get nowAt() {
    const line = this.#page.querySelector('.now');
    return this.#page.dataset.today === '1' && line ? lengthOf(line, '--s') : null;
  }

  /** @param {string} lead @returns {HTMLElement | undefined} */
  laneOf(lead) {
    return this.lanes.find((lane) => lane.dataset.lane === lead);
  }

  /** The row under a height of the window, the nearest where there is none. @param {number} y */
  laneAt(y) {
    /** @param {HTMLElement} lane */
    const away = (lane) => { const box = lane.getBoundingClientRect(); return Math.max(box.top - y, y - box.bottom, 0); };
    return this.lanes.reduce((best, lane) => (away(lane) < away(best) ? lane : best));
  }

  /** The hour under a place of the window. @param {number} x */
  hourAt(x) {
    const track = /** @type {HTMLElement} */ (this.#page.querySelector('[data-lane] .track')).getBoundingClientRect();
    const { first, last } = this.hours;
    return first + ((x - track.left) / track.width) * (last - first);
  }

  /** What lies in a row. @param {HTMLElement} lane @returns {Other[]} */
  othersIn(lane) {
    return [...lane.querySelectorAll('.track > .blk:not(.is-held)')].map((block) => ({
      id: /** @type {HTMLElement} */ (block).dataset.job ?? '',
      name: /** @type {HTMLElement} */ (block).dataset.name ?? block.querySelector('b')?.textContent ?? '',
      start: lengthOf(block, '--s'),
      end: lengthOf(block, '--e'),
      isOver: ENDED.includes(/** @type {HTMLElement} */ (block).dataset.state ?? ''),
    }));
  }
}
