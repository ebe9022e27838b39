import { clamp, clockOf, isSame, remarks, snap, windowOf } from '#app/behaviours/board/rules.js';
import { remarkWords } from '#app/behaviours/board/words.js';
import { lengthOf } from '#app/behaviours/board/rows.js';

/** @typedef {import('#app/behaviours/board/rules.js').Held} Held */
/** @typedef {import('#app/behaviours/board/rows.js').Rows} Rows */

/** A visit in the hand: shows where it would lie and what speaks against it, and puts it there. */
export class Hold {
  #page;
  #rows;
  #block;
  /** @type {Held} */
  #held;
  #ghost = document.createElement('div');
  #note = document.createElement('div');
  /** @type {HTMLElement} */
  #lane;
  #start;
  #isRefused = false;

  /**
   * @param {HTMLElement} page @param {Rows} rows
   * @param {HTMLElement} block one that can be moved
   */
  constructor(page, rows, block) {
    this.#page = page;
    this.#rows = rows;
    this.#block = block;
    const own = block.closest('[data-lane]');
    const lead = own instanceof HTMLElement ? own.dataset.lane ?? '' : '';
    const hasTime = own !== null;
    this.#held = {
      id: block.dataset.job ?? '', state: block.dataset.state ?? '', branch: block.dataset.branch ?? '',
      hours: Number(block.dataset.minutes) / 60, lead: hasTime ? lead : block.dataset.lead ?? '',
      from: hasTime ? { lead, name: '', start: lengthOf(block, '--s') } : null,
    };
    this.#lane = /** @type {HTMLElement} */ (own ?? rows.laneOf(this.#held.lead) ?? rows.lanes[0]);
    this.#start = hasTime ? lengthOf(block, '--s') : snap(clamp(rows.nowAt ?? rows.hours.first, this.#held.hours, rows.hours.first, rows.hours.last));
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

  /** How long it is, hours. */
  get hours() {
    return this.#held.hours;
  }

  /** To a row and an hour under the pointer. @param {HTMLElement} lane @param {number} hour */
  moveTo(lane, hour) {
    const { first, last } = this.#rows.hours;
    const start = clamp(snap(hour), this.#held.hours, first, last);
    if (lane === this.#lane && start === this.#start && this.#ghost.isConnected) return;
    this.#lane = lane;
    this.#start = start;
    this.#show();
  }

  /** By rows and hours. @param {number} rows @param {number} hours */
  moveBy(rows, hours) {
    const lanes = this.#rows.lanes;
    const at = Math.max(0, Math.min(lanes.length - 1, lanes.indexOf(this.#lane) + rows));
    this.moveTo(/** @type {HTMLElement} */ (lanes[at]), this.#start + hours);
    this.#ghost.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** Puts it down where it is shown; a place it must not have leaves it where it was. @returns {boolean} whether it was sent */
  drop() {
    const place = this.#place();
    if (this.#isRefused || isSame(this.#held, place)) {
      this.leave();
      return false;
    }
    this.#end();
    this.#send(place);
    return true;
  }

  /** Everything stays as it is. */
  leave() {
    this.#end();
    this.#ghost.remove();
    this.#block.classList.remove('is-lifted');
  }

  #place() {
    return { lead: this.#lane.dataset.lane ?? '', name: this.#lane.dataset.name ?? '', start: this.#start, branch: this.#lane.dataset.branch ?? '' };
  }

  #show() {
    const place = this.#place();
    const end = this.#start + this.#held.hours;
    const day = { nowAt: this.#rows.nowAt, isPast: this.#page.dataset.past === '1', canAssign: 'assigns' in this.#page.dataset };
    const found = remarks(this.#held, place, this.#rows.othersIn(this.#lane), day);
    this.#isRefused = found.some((remark) => remark.isRefusal);
    this.#ghost.style.setProperty('--s', String(this.#start));
    this.#ghost.style.setProperty('--e', String(Math.min(end, this.#rows.hours.last)));
    this.#ghost.textContent = `${this.#block.dataset.name} ${windowOf(this.#start, end)}`;
    this.#ghost.classList.toggle('is-refused', this.#isRefused);
    for (const lane of this.#rows.lanes) {
      const track = lane.querySelector('.track');
      track?.classList.toggle('is-target', lane === this.#lane && !this.#isRefused);
      track?.classList.toggle('is-refused', lane === this.#lane && this.#isRefused);
    }
    this.#lane.querySelector('.track')?.append(this.#ghost);
    this.#say(`${place.name} ${windowOf(this.#start, end)}`, found);
  }

  /** @param {string} where @param {import('#app/behaviours/board/rules.js').Remark[]} found */
  #say(where, found) {
    const head = document.createElement('p');
    head.append(Object.assign(document.createElement('strong'), { textContent: where }));
    const lines = found.map((remark) => Object.assign(document.createElement('p'), { textContent: remarkWords(remark), className: remark.code === 'customer_told' ? '' : 'flag' }));
    this.#note.classList.toggle('drop-note-risk', found.length > 0);
    this.#note.replaceChildren(head, ...lines);
    const ghost = this.#ghost.getBoundingClientRect();
    const note = this.#note.getBoundingClientRect();
    const isBelow = ghost.bottom + note.height + 16 < innerHeight;
    this.#note.style.top = `${isBelow ? ghost.bottom + 8 : Math.max(8, ghost.top - note.height - 8)}px`;
    this.#note.style.left = `${Math.max(8, Math.min(ghost.left, innerWidth - note.width - 8))}px`;
  }

  #end() {
    delete this.#page.dataset.busy;
    this.#note.remove();
    for (const track of this.#page.querySelectorAll('.track.is-target, .track.is-refused')) track.classList.remove('is-target', 'is-refused');
    document.dispatchEvent(new Event('fieldservice:free'));
  }

  /** By the hidden form: the answer is a notice and a fresh board, or the form that says who was faster. @param {{ lead: string, start: number }} place */
  #send(place) {
    const form = /** @type {HTMLFormElement} */ (document.getElementById('board-drop'));
    form.setAttribute('hx-post', `/jobs/${this.#held.id}/placement`);
    const opened = JSON.stringify({ state: [this.#held.state] });
    const values = { version: this.#block.dataset.version ?? '', opened, lead: place.lead, start: clockOf(place.start) };
    for (const [name, value] of Object.entries(values)) /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = value;
    const clear = () => { this.#ghost.remove(); this.#block.classList.remove('is-lifted'); };
    this.#page.addEventListener('htmx:after:swap', clear, { once: true });
    form.addEventListener('htmx:finally:request', () => setTimeout(clear, 3000), { once: true });
    document.addEventListener('htmx:error', clear, { once: true });
    form.requestSubmit();
  }
}
