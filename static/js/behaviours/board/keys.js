import { Hold } from '#app/behaviours/board/hold.js';
import { STEP } from '#app/behaviours/board/rules.js';
import { lengthOf } from '#app/behaviours/board/rows.js';

/** @typedef {import('#app/behaviours/board/rows.js').Rows} Rows */

/** @type {Record<string, [number, number]>} rows and quarters of an hour */
const WAYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** The board by keyboard: arrows go from visit to visit; Space takes one up, arrows choose, Enter puts it down. */
export class Keys {
  #page;
  #rows;
  /** @type {Hold | null} */
  #hold = null;
  /** the block to go back to whenever the board was read again, until the person goes elsewhere */
  #last = '';

  /** @param {HTMLElement} page @param {Rows} rows */
  constructor(page, rows) {
    this.#page = page;
    this.#rows = rows;
    page.addEventListener('keydown', (event) => this.#key(event));
    page.addEventListener('focusout', () => setTimeout(() => this.#hold && !this.#hold.block.contains(document.activeElement) && this.#leave(), 0));
    document.addEventListener('htmx:after:swap', () => this.#comeBack());
    document.addEventListener('pointerdown', () => { this.#last = ''; });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const block = event.target instanceof Element ? event.target.closest('.blk') : null;
    if (!(block instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (this.#hold) this.#held(event, way);
    else if (event.key === ' ' && 'moves' in block.dataset) this.#take(block);
    else if (way) go(this.#rows, block, way);
    else return;
    event.preventDefault();
  }

  /** @param {HTMLElement} block */
  #take(block) {
    if (!('busy' in this.#page.dataset)) this.#hold = new Hold(this.#page, this.#rows, block, false);
  }

  /** @param {KeyboardEvent} event @param {[number, number] | undefined} way */
  #held(event, way) {
    if (way) this.#hold?.moveBy(way[0], way[1] * STEP * (event.shiftKey ? 4 : 1));
    else if (event.key === 'Enter' || event.key === ' ') this.#drop();
    else if (event.key === 'Escape') this.#leave();
  }

  #drop() {
    const hold = this.#hold;
    this.#hold = null;
    if (hold?.drop()) this.#last = hold.block.id;
  }

  #leave() {
    const hold = this.#hold;
    this.#hold = null;
    hold?.leave();
  }

  #comeBack() {
    const block = this.#last ? document.getElementById(this.#last) : null;
    const here = document.activeElement;
    if (block && (here === document.body || here === null)) block.focus();
    else if (here !== block) this.#last = '';
  }
}

/** To the next block in the row, or to the nearest one in the next row that has any. @param {Rows} rows @param {HTMLElement} block @param {[number, number]} way */
function go(rows, block, [down, right]) {
  const lane = block.closest('.lane');
  const own = [...(lane?.querySelectorAll('.blk') ?? [])];
  if (right) {
    const next = own[own.indexOf(block) + right];
    if (next instanceof HTMLElement) next.focus();
    return;
  }
  const lanes = [...rows.board.querySelectorAll('.lane')].filter((one) => one.querySelector('.blk'));
  const next = lanes[lanes.indexOf(/** @type {Element} */ (lane)) + down];
  /** @param {Element} one */
  const away = (one) => Math.abs(lengthOf(one, '--s') - lengthOf(block, '--s'));
  const found = [...(next?.querySelectorAll('.blk') ?? [])].sort((one, other) => away(one) - away(other))[0];
  if (found instanceof HTMLElement) found.focus();
}
