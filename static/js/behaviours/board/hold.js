import { clamp, clockOf, isSame, momentAt, remarks, snap, windowOf } from '#app/behaviours/board/rules.js';
import { remarkWords } from '#app/behaviours/board/words.js';
import { lengthOf } from '#app/behaviours/board/rows.js';
import { day } from '#app/core/i18n.js';

/** @typedef {import('#app/behaviours/board/rules.js').Held} Held */
/** @typedef {import('#app/behaviours/board/rules.js').Remark} Remark */
/** @typedef {import('#app/behaviours/board/rules.js').Target} Target */
/** @typedef {import('#app/behaviours/board/rows.js').Rows} Rows */

/** A visit in the hand: shows where it would lie and what speaks against it, and puts it there. */
export class Hold {
  #page;
  #rows;
  #block;
  /** @type {Held} */
  #held;
  #axis;
  #ghost = document.createElement('div');
  #note = document.createElement('div');
  #noteHeight = 0;
  /** @type {HTMLElement} */
  #lane;
  /** place on the axis */
  #at;
  #isRefused = false;

  /**
   * @param {HTMLElement} page @param {Rows} rows
   * @param {HTMLElement} block one that can be moved
   */
  constructor(page, rows, block) {
    this.#page = page;
    this.#rows = rows;
    this.#block = block;
    this.#axis = rows.axis;
    this.#held = rows.heldOf(block);
    const own = block.closest('[data-lane]');
    this.#lane = /** @type {HTMLElement} */ (own ?? rows.laneOf(this.#held.lead) ?? rows.lanes[0]);
    this.#at = own ? lengthOf(block, '--s') : clamp(snap(rows.now.at ?? this.#axis.first), this.#hours, this.#axis);
    page.dataset.busy = ''; // what happens elsewhere waits
    block.classList.add('is-lifted');
    this.#ghost.className = 'blk blk-ghost is-held';
    this.#ghost.setAttribute('aria-hidden', 'true');
    this.#note.className = 'drop-note';
    this.#note.setAttribute('role', 'status');
    page.append(this.#note);
    this.#show();
  }

  get block() {
    return this.#block;
  }

  get #hours() {
    return this.#held.minutes / 60;
  }

  /** To a row (null: the same) and a place on the axis under the pointer. @param {HTMLElement | null} lane @param {number} at */
  moveTo(lane, at) {
    const start = clamp(snap(at), this.#hours, this.#axis);
    if ((lane ?? this.#lane) === this.#lane && start === this.#at && this.#ghost.isConnected) return;
    this.#mark('');
    this.#lane = lane ?? this.#lane;
    this.#at = start;
    this.#show();
  }

  /** By rows and hours; beyond the last hour of a day lies the first of the next. @param {number} rows @param {number} hours */
  moveBy(rows, hours) {
    const lanes = this.#rows.lanes;
    const index = Math.max(0, Math.min(lanes.length - 1, lanes.indexOf(this.#lane) + rows));
    this.moveTo(/** @type {HTMLElement} */ (lanes[index]), this.#stepped(hours));
    this.#ghost.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.#place(true);
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
    this.#end();
    this.#send(target);
    return true;
  }

  /** Everything stays as it is. */
  leave() {
    this.#end();
    this.#ghost.remove();
    this.#block.classList.remove('is-lifted');
  }

  /** @returns {Target} */
  #target() {
    const { lane = '', name = '', branch = '' } = this.#lane.dataset;
    return { lead: lane, name, branch, ...momentAt(this.#at, this.#axis) };
  }

  #show() {
    const target = this.#target();
    const window = windowOf(target.start, target.start + this.#held.minutes);
    const found = this.#found(target);
    this.#isRefused = found.some(({ level }) => level === 'refused');
    this.#ghost.style.setProperty('--s', String(this.#at));
    this.#ghost.style.setProperty('--e', String(Math.min(this.#at + this.#hours, this.#endOfDay)));
    this.#ghost.textContent = `${this.#block.dataset.name} ${window}`;
    this.#ghost.classList.toggle('is-refused', this.#isRefused);
    this.#mark(this.#isRefused ? 'is-refused' : found.some(({ level }) => level === 'hard') ? 'is-hard' : 'is-target');
    this.#lane.querySelector('.track')?.append(this.#ghost);
    const when = this.#axis.days.length > 1 ? `${day(target.day)} ${window}` : window;
    this.#say(`${target.name} ${when}`, found);
  }

  get #endOfDay() {
    const { first, day: length } = this.#axis;
    return first + (Math.floor((this.#at - first) / length) + 1) * length;
  }

  /** What speaks against it. @param {Target} target @returns {Remark[]} */
  #found(target) {
    const others = this.#rows.othersIn(this.#lane, target.day);
    const duty = this.#rows.dutyOf(this.#lane, target.day);
    const late = target.lead ? this.#rows.lateWith(this.#lane, this.#held, this.#block, target) : [];
    return remarks(this.#held, target, others, duty, late, this.#rows.known);
  }

  /** How the row under it looks. @param {string} way '' as usual */
  #mark(way) {
    const track = this.#lane.querySelector('.track');
    for (const one of ['is-target', 'is-hard', 'is-refused']) track?.classList.toggle(one, one === way);
  }

  /** @param {string} where @param {Remark[]} found */
  #say(where, found) {
    const head = document.createElement('p');
    head.append(Object.assign(document.createElement('strong'), { textContent: where }));
    const lines = found.map((remark) => Object.assign(document.createElement('p'), { textContent: remarkWords(remark, this.#rows.skillNames), className: remark.level === 'told' ? '' : 'flag' }));
    this.#note.classList.toggle('drop-note-risk', lines.length > 0);
    this.#note.replaceChildren(head, ...lines);
    this.#place(false);
  }

  /** The note beside the place. @param {boolean} isScrolled the board moved meanwhile */
  #place(isScrolled) {
    if (isScrolled || !this.#noteHeight || this.#note.childElementCount !== Number(this.#note.dataset.lines)) {
      this.#noteHeight = this.#note.offsetHeight;
      this.#note.dataset.lines = String(this.#note.childElementCount);
    }
    const ghost = this.#ghost.getBoundingClientRect();
    const isBelow = ghost.bottom + this.#noteHeight + 16 < innerHeight;
    this.#note.style.top = `${isBelow ? ghost.bottom + 8 : Math.max(8, ghost.top - this.#noteHeight - 8)}px`;
    this.#note.style.left = `${Math.max(8, Math.min(ghost.left, innerWidth - this.#note.offsetWidth - 8))}px`;
  }

  #end() {
    delete this.#page.dataset.busy;
    this.#note.remove();
    this.#mark('');
    document.dispatchEvent(new Event('fieldservice:free'));
  }

  /** By the hidden form: the answer is a notice and a fresh board, or the form that says who was faster. @param {Target} target */
  #send(target) {
    const form = /** @type {HTMLFormElement} */ (document.getElementById('board-drop'));
    form.setAttribute('hx-post', `/jobs/${this.#held.id}/placement`);
    const opened = JSON.stringify({ state: [this.#held.state] });
    const values = { version: this.#block.dataset.version ?? '', opened, lead: target.lead, day: target.day, start: clockOf(target.start) };
    for (const [name, value] of Object.entries(values)) /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = value;
    const clear = () => { this.#ghost.remove(); this.#block.classList.remove('is-lifted'); };
    this.#page.addEventListener('htmx:after:swap', clear, { once: true });
    form.addEventListener('htmx:finally:request', () => setTimeout(clear, 3000), { once: true });
    document.addEventListener('htmx:error', clear, { once: true });
    form.requestSubmit();
  }
}
