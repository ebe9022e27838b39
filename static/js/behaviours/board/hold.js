import { Places } from '#app/behaviours/board/places.js';
import { clamp, clockOf, isSame, lengthAt, momentAt, placeOf, remarks, snap, windowOf } from '#app/behaviours/board/rules.js';
import { remarkWords } from '#app/behaviours/board/words.js';
import { day } from '#app/core/i18n.js';

/** @typedef {import('#app/behaviours/board/rules.js').Held} Held */
/** @typedef {import('#app/behaviours/board/rules.js').Remark} Remark */
/** @typedef {import('#app/behaviours/board/rules.js').Target} Target */
/** @typedef {import('#app/behaviours/board/rows.js').Rows} Rows */

/** @typedef {{ others: import('#app/behaviours/board/rules.js').Other[], duty: import('#app/behaviours/board/rules.js').Duty, late: (target: Target) => import('#app/behaviours/board/rules.js').Late[] }} Known */

const GAP_PX = 8;

/**
 * A visit in the hand: shows where it would lie and what speaks against it, and puts it there. What it shows lies above the
 * page in a layer of its own: the board is neither laid out nor drawn anew for a move.
 */
export class Hold {
  #page;
  #rows;
  #block;
  /** @type {Held} */
  #held;
  #axis;
  #places;
  #layer = document.createElement('div');
  #row = document.createElement('div');
  #ghost = document.createElement('div');
  #note = document.createElement('div');
  /** of the note, for as many lines @type {{ lines: number, width: number, height: number }} */
  #size = { lines: 0, width: 0, height: 0 };
  /** what is known of a row on a day: nothing of it changes meanwhile @type {Map<string, Known>} */
  #known = new Map();
  /** @type {HTMLElement} */
  #lane;
  /** place on the axis */
  #at;
  #isRefused = false;

  /**
   * @param {HTMLElement} page @param {Rows} rows
   * @param {HTMLElement} block one that can be moved
   * @param {boolean} isDragged by a pointer, which touches nothing else meanwhile
   */
  constructor(page, rows, block, isDragged) {
    this.#page = page;
    this.#rows = rows;
    this.#block = block;
    this.#axis = rows.axis;
    this.#places = new Places(page, rows, () => requestAnimationFrame(() => this.#place()));
    this.#held = rows.heldOf(block);
    const own = block.closest('[data-lane]');
    this.#lane = /** @type {HTMLElement} */ (own ?? rows.laneOf(this.#held.lead) ?? rows.lanes[0]);
    this.#at = own && this.#held.from ? placeOf(this.#held.from, this.#axis) : clamp(snap(rows.now.at ?? this.#axis.first), this.#hours, this.#axis);
    page.dataset.busy = ''; // what happens elsewhere waits
    block.classList.add('is-lifted');
    this.#layer.className = isDragged ? 'hold hold-drag' : 'hold';
    this.#ghost.className = 'blk blk-ghost is-held';
    this.#ghost.setAttribute('aria-hidden', 'true');
    this.#note.className = 'drop-note';
    this.#note.setAttribute('role', 'status');
    this.#layer.append(this.#row, this.#ghost, this.#note);
    this.#layer.addEventListener('wheel', (event) => this.#places.scrollBy(event), { passive: true });
    document.body.append(this.#layer);
    this.#show();
  }

  /** Where everything lies meanwhile. */
  get places() {
    return this.#places;
  }

  get block() {
    return this.#block;
  }

  get #hours() {
    const { room, work = 0, minutes } = this.#held;
    return (room ? work : minutes) / 60;
  }

  /** To a row (null: the same) and a place on the axis under the pointer. @param {HTMLElement | null} lane @param {number} at */
  moveTo(lane, at) {
    const start = clamp(snap(at), this.#hours, this.#axis);
    if ((lane ?? this.#lane) === this.#lane && start === this.#at) return;
    this.#lane = lane ?? this.#lane;
    this.#at = start;
    this.#show();
  }

  /** By rows and hours; beyond the last hour of a day lies the first of the next. @param {number} rows @param {number} hours */
  moveBy(rows, hours) {
    const lanes = this.#rows.lanes;
    const index = Math.max(0, Math.min(lanes.length - 1, lanes.indexOf(this.#lane) + rows));
    this.moveTo(/** @type {HTMLElement} */ (lanes[index]), this.#stepped(hours));
    this.#places.reveal(this.#lane, this.#at, this.#end);
    this.#place();
  }

  /** @param {number} hours */
  #stepped(hours) {
    const { first, day: length, days } = this.#axis;
    const at = this.#at + hours;
    const index = Math.floor((this.#at - first) / length);
    const isBeyond = hours > 0 && clamp(at, this.#hours, this.#axis) < at && index < days.length - 1;
    return isBeyond ? first + (index + 1) * length : at;
  }

  /** Puts it down where it is shown; a place it must not have leaves it where it was. @returns {boolean} whether it was sent */
  drop() {
    const target = this.#target();
    if (this.#isRefused || isSame(this.#held, target)) {
      this.leave();
      return false;
    }
    this.#letGo();
    this.#send(target);
    return true;
  }

  /** Everything stays as it is. */
  leave() {
    this.#letGo();
    this.#layer.remove();
    this.#block.classList.remove('is-lifted');
  }

  /** @returns {Target} */
  #target() {
    const { lane = '', name = '', branch = '' } = this.#lane.dataset;
    return { lead: lane, name, branch, ...momentAt(this.#at, this.#axis) };
  }

  #show() {
    const target = this.#target();
    const window = windowOf(target.start, target.start + lengthAt(this.#held, target));
    const found = this.#found(target);
    this.#isRefused = found.some(({ level }) => level === 'refused');
    this.#ghost.textContent = `${this.#block.dataset.name} ${window}`;
    this.#ghost.classList.toggle('is-refused', this.#isRefused);
    this.#row.className = `hold-row ${this.#isRefused ? 'is-refused' : found.some(({ level }) => level === 'hard') ? 'is-hard' : ''}`;
    const when = this.#axis.days.length > 1 ? `${day(target.day)} ${window}` : window;
    this.#say(`${target.name} ${when}`, found);
    this.#place();
  }

  /** Where it would end on the axis. */
  get #end() {
    const { first, day: length } = this.#axis;
    const hours = lengthAt(this.#held, momentAt(this.#at, this.#axis)) / 60;
    return Math.min(this.#at + hours, first + (Math.floor((this.#at - first) / length) + 1) * length);
  }

  /** What speaks against it. @param {Target} target @returns {Remark[]} */
  #found(target) {
    const { others, duty, late } = this.#knownOf(this.#lane, target.day);
    return remarks(this.#held, target, others, duty, target.lead ? late(target) : [], this.#rows.known);
  }

  /** @param {HTMLElement} lane @param {string} on @returns {Known} */
  #knownOf(lane, on) {
    const key = `${lane.id} ${on}`;
    let known = this.#known.get(key);
    if (!known) {
      known = { others: this.#rows.othersIn(lane, on), duty: this.#rows.dutyOf(lane, on), late: this.#rows.courseOf(lane, on, this.#held, this.#block) };
      this.#known.set(key, known);
    }
    return known;
  }

  /** @param {string} where @param {Remark[]} found */
  #say(where, found) {
    const head = document.createElement('p');
    head.append(Object.assign(document.createElement('strong'), { textContent: where }));
    const lines = found.map((remark) => Object.assign(document.createElement('p'), { textContent: remarkWords(remark, this.#rows.skillNames), className: remark.level === 'told' ? '' : 'flag' }));
    this.#note.classList.toggle('drop-note-risk', lines.length > 0);
    this.#note.replaceChildren(head, ...lines);
    this.#size.lines = -1;
  }

  /** All of it where it belongs: the row, the visit in it, the note beside it. */
  #place() {
    if (!this.#layer.isConnected) return;
    const row = this.#places.rowOf(this.#lane);
    put(this.#row, row.left, row.top, row.right - row.left, row.bottom - row.top);
    const { left, top, right, bottom } = this.#places.boxOf(this.#lane, this.#at, this.#end);
    put(this.#ghost, left, top + 3, right - left - 2, bottom - top - 6);
    if (this.#size.lines < 0) this.#size = { lines: this.#note.childElementCount, width: this.#note.offsetWidth, height: this.#note.offsetHeight };
    const { width, height } = this.#size;
    const isBelow = bottom + height + 2 * GAP_PX < innerHeight;
    move(this.#note, Math.max(GAP_PX, Math.min(left, innerWidth - width - GAP_PX)), isBelow ? bottom + GAP_PX : Math.max(GAP_PX, top - height - GAP_PX));
  }

  #letGo() {
    this.#places.end();
    delete this.#page.dataset.busy;
    this.#layer.className = 'hold';
    this.#note.remove();
    this.#row.remove();
    document.dispatchEvent(new Event('fieldservice:free'));
  }

  /** By the hidden form: the answer is a notice and a fresh board, or the form that says who was faster. @param {Target} target */
  #send(target) {
    const form = /** @type {HTMLFormElement} */ (document.getElementById('board-drop'));
    form.setAttribute('hx-post', `/jobs/${this.#held.id}/placement`);
    const opened = JSON.stringify({ state: [this.#held.state] });
    const values = { version: this.#block.dataset.version ?? '', opened, lead: target.lead, day: target.day, start: clockOf(target.start) };
    for (const [name, value] of Object.entries(values)) /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = value;
    const clear = () => { this.#layer.remove(); this.#block.classList.remove('is-lifted'); };
    this.#page.addEventListener('htmx:after:swap', clear, { once: true });
    form.addEventListener('htmx:finally:request', () => setTimeout(clear, 3000), { once: true });
    document.addEventListener('htmx:error', clear, { once: true });
    form.requestSubmit();
  }
}

/** @param {HTMLElement} element @param {number} left @param {number} top px in the window */
function move(element, left, top) {
  element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

/** @param {HTMLElement} element @param {number} left @param {number} top @param {number} width @param {number} height */
function put(element, left, top, width, height) {
  move(element, left, top);
  element.style.width = `${Math.round(width)}px`;
  element.style.height = `${Math.round(height)}px`;
}
