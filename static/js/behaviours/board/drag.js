import { Hold } from '#app/behaviours/board/hold.js';
import { ENDED } from '#app/behaviours/board/rows.js';
import { remarkWords } from '#app/behaviours/board/words.js';
import { sayOnce } from '#app/behaviours/toast.js';

/** @typedef {import('#app/behaviours/board/rows.js').Rows} Rows */

const FAR_PX = 5; // less is a click
const PRESS_MS = 350; // a finger that rests takes the block; one that moves on scrolls
const EDGE_PX = 48;

/** Drags blocks with mouse, pen or finger. */
export class Drag {
  #page;
  #rows;
  /** @type {Hold | null} */
  #hold = null;
  /** the last place of the pointer that is not shown yet: once a frame is enough @type {PointerEvent | null} */
  #moved = null;
  /** @type {{ block: HTMLElement, x: number, y: number, timer: ReturnType<typeof setTimeout> | undefined } | null} */
  #press = null;
  /** hours from the start of the visit to where it was taken */
  #offset = 0;

  /** @param {HTMLElement} page @param {Rows} rows */
  constructor(page, rows) {
    this.#page = page;
    this.#rows = rows;
    page.addEventListener('pointerdown', (event) => this.#down(event));
    addEventListener('pointermove', (event) => this.#move(event));
    addEventListener('pointerup', () => this.#up());
    addEventListener('pointercancel', () => this.#cancel());
    addEventListener('keydown', (event) => event.key === 'Escape' && this.#hold && this.#cancel());
    page.addEventListener('touchmove', (event) => this.#hold && event.preventDefault(), { passive: false });
    page.addEventListener('contextmenu', (event) => this.#press && event.preventDefault());
    page.addEventListener('dragstart', (event) => event.preventDefault());
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const block = event.target instanceof Element ? event.target.closest('.blk[data-job]') : null;
    if (!(block instanceof HTMLElement) || event.button !== 0 || 'busy' in this.#page.dataset || this.#isNarrow) return;
    this.#press = { block, x: event.clientX, y: event.clientY, timer: undefined };
    if (event.pointerType === 'touch') this.#press.timer = setTimeout(() => this.#take(), PRESS_MS);
  }

  get #isNarrow() {
    return matchMedia('(max-width: 48rem)').matches;
  }

  /** Why an ended visit does not come along is said. @param {HTMLElement} block */
  #mayTake(block) {
    const isEnded = ENDED.includes(block.dataset.state ?? '');
    if (isEnded) {
      sayOnce(remarkWords({ code: 'ended', level: 'refused', facts: {} }));
      swallowClick(false);
    }
    return 'moves' in block.dataset;
  }

  #take() {
    if (!this.#press || this.#hold || !('moves' in this.#press.block.dataset)) return;
    const { block, x } = this.#press;
    const { left } = block.getBoundingClientRect();
    const hold = new Hold(this.#page, this.#rows, block, true);
    this.#offset = block.closest('[data-lane]') ? hold.places.hourAt(x) - hold.places.hourAt(left) : 0;
    this.#hold = hold;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const press = this.#press;
    if (!press) return;
    if (!this.#hold) {
      if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < FAR_PX) return;
      if (event.pointerType === 'touch') { this.#cancel(); return; }
      if (!this.#mayTake(press.block)) { this.#cancel(); return; }
      this.#take();
    }
    if (!this.#moved) requestAnimationFrame(() => this.#follow());
    this.#moved = event;
  }

  #follow() {
    const event = this.#moved;
    this.#moved = null;
    const hold = this.#hold;
    if (!event || !this.#press || !hold) return;
    const { clientX: x, clientY: y } = event;
    hold.moveTo(hold.places.laneAt(x, y), hold.places.hourAt(x) - this.#offset);
    hold.places.scrollAt(x, y, EDGE_PX);
  }

  #up() {
    this.#follow(); // it is dropped where it was let go
    const hold = this.#hold;
    this.#release();
    if (!hold) return;
    swallowClick(true);
    hold.drop();
  }

  #cancel() {
    const hold = this.#hold;
    this.#release();
    hold?.leave();
  }

  #release() {
    clearTimeout(this.#press?.timer);
    this.#press = null;
    this.#hold = null;
  }
}

/** The click that ends a drag opens nothing. @param {boolean} isOver whether the button is up already */
function swallowClick(isOver) {
  addEventListener('click', swallow, { capture: true, once: true });
  const stop = () => setTimeout(() => removeEventListener('click', swallow, { capture: true }), 50);
  if (isOver) stop();
  else addEventListener('pointerup', stop, { once: true });
}

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
