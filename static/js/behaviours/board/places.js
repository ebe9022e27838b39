/** @typedef {import('#app/behaviours/board/rows.js').Rows} Rows */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box in the window */

/**
 * Where rows and hours lie in the window while a visit is in the hand: read once, and again after the board was scrolled,
 * so that a move of the pointer asks the page for nothing.
 */
export class Places {
  #wrap;
  #rows;
  /** @type {Map<HTMLElement, Box>} rows one can drop into */
  #boxes = new Map();
  /** @type {Box} what shows of the board below its hours */
  #sight = { left: 0, top: 0, right: 0, bottom: 0 };
  /** @type {Box | null} what waits, where it stays in sight above the others */
  #tray = null;
  #left = 0;
  #width = 0;
  #isOld = true;
  #axis;
  #onScroll;

  /** @param {HTMLElement} page @param {Rows} rows @param {() => void} moved called when all of it has moved */
  constructor(page, rows, moved) {
    this.#wrap = /** @type {HTMLElement} */ (page.querySelector('#board-wrap'));
    this.#rows = rows;
    this.#axis = rows.axis;
    this.#onScroll = () => { this.#isOld = true; moved(); };
    document.addEventListener('scroll', this.#onScroll, true);
    addEventListener('resize', this.#onScroll);
  }

  /** Nothing is to be followed any more. */
  end() {
    document.removeEventListener('scroll', this.#onScroll, true);
    removeEventListener('resize', this.#onScroll);
  }

  /** The row under a point of the window; null: none. @param {number} x @param {number} y @returns {HTMLElement | null} */
  laneAt(x, y) {
    this.#read();
    if (!isIn(this.#sight, x, y)) return null;
    const isAbove = this.#tray !== null && y < this.#tray.bottom;
    for (const [lane, box] of this.#boxes) {
      if (y >= box.top && y < box.bottom && (!isAbove || lane.dataset.lane === '')) return lane;
    }
    return null;
  }

  /** The place on the axis under a height of the window. @param {number} x */
  hourAt(x) {
    this.#read();
    const { first, day, days } = this.#axis;
    return first + ((x - this.#left) / this.#width) * day * days.length;
  }

  /** Where hours of a row lie. @param {HTMLElement} lane @param {number} start @param {number} end @returns {Box} */
  boxOf(lane, start, end) {
    this.#read();
    const { first, day, days } = this.#axis;
    const each = this.#width / (day * days.length);
    const row = this.#boxes.get(lane) ?? this.#sight;
    if (!each) return row; // too narrow for an axis
    const { top, bottom } = row;
    return { left: this.#left + (start - first) * each, right: this.#left + (end - first) * each, top, bottom };
  }

  /** The whole row, as far as hours go. @param {HTMLElement} lane @returns {Box} */
  rowOf(lane) {
    const { first, day, days } = this.#axis;
    return this.boxOf(lane, first, first + day * days.length);
  }

  /** Near the edge the board goes on. @param {number} x @param {number} y @param {number} near px */
  scrollAt(x, y, near) {
    this.#read();
    const { top, right, bottom, left } = this.#sight;
    const down = y > bottom - near ? 1 : y < top + near ? -1 : 0;
    const aside = x > right - near ? 1 : x < left + near ? -1 : 0;
    if (down || aside) this.#wrap.scrollBy(aside * 12, down * 12);
  }

  /** By the wheel. @param {WheelEvent} event */
  scrollBy({ deltaX, deltaY }) {
    this.#wrap.scrollBy(deltaX, deltaY);
  }

  /** Brings a place into sight, beside the names and below what stays above. @param {HTMLElement} lane @param {number} start @param {number} end */
  reveal(lane, start, end) {
    const box = this.boxOf(lane, start, end);
    const top = lane.dataset.lane && this.#tray ? this.#tray.bottom : this.#sight.top;
    const { left, right, bottom } = this.#sight;
    const down = box.top < top ? box.top - top : Math.max(0, box.bottom - bottom);
    const aside = box.left < left ? box.left - left : Math.max(0, box.right - right);
    if (!down && !aside) return;
    this.#wrap.scrollBy(aside, down);
    this.#isOld = true;
  }

  #read() {
    if (!this.#isOld) return;
    this.#isOld = false;
    const hours = this.#boxIn('.axis-hours');
    this.#left = hours.left;
    this.#width = hours.width;
    const wrap = this.#wrap.getBoundingClientRect();
    this.#sight = { left: Math.max(wrap.left, hours.left + this.#wrap.scrollLeft), top: Math.max(wrap.top, hours.bottom), right: wrap.right, bottom: wrap.bottom };
    const tray = /** @type {HTMLElement} */ (this.#wrap.querySelector('#board-tray'));
    this.#tray = getComputedStyle(tray).position === 'sticky' ? tray.getBoundingClientRect() : null;
    this.#boxes = new Map(this.#rows.lanes.map((lane) => [lane, lane.getBoundingClientRect()]));
  }

  /** @param {string} selector */
  #boxIn(selector) {
    return /** @type {HTMLElement} */ (this.#wrap.querySelector(selector)).getBoundingClientRect();
  }
}

/** @param {Box} box @param {number} x @param {number} y */
function isIn({ left, top, right, bottom }, x, y) {
  return x >= left && x < right && y >= top && y < bottom;
}
