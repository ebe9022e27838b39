/**
 * The large view of photos: opens in front of the page what `a[data-large]` would open alone, or with `a[data-compare]` a photo
 * before beside the one after. Arrow keys go on; `z` shows more of it, and arrow keys then move both sides.
 */

const STEP = 120; // pixels

/** @param {HTMLElement} element the `<dialog>` */
export function start(element) {
  new Gallery(/** @type {HTMLDialogElement} */ (element)).begin();
}

class Gallery {
  #dialog;
  /** the photo shown, by its figure's id: the page behind may have been read again @type {string} */
  #shown = '';
  /** where a side was brought by the other one @type {WeakMap<HTMLElement, string>} */
  #led = new WeakMap();
  /** two are shown, beside each other */
  #isPair = false;

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
  }

  begin() {
    document.addEventListener('click', (event) => this.#open(event));
    this.#dialog.addEventListener('keydown', (event) => this.#press(event));
    this.#dialog.addEventListener('click', (event) => {
      const way = event.target instanceof Element ? event.target.closest('[data-go]') : null;
      if (way instanceof HTMLElement) this.#go(Number(way.dataset.go));
    });
    this.#part('zoom').addEventListener('click', () => this.#zoom());
    for (const side of this.#sides) side.addEventListener('scroll', () => this.#follow(side));
    this.#dialog.addEventListener('close', () => this.#links().find((link) => idOf(link) === this.#shown)?.focus());
  }

  /** With a key held the browser does what it always does: a new tab. @param {MouseEvent} event */
  #open(event) {
    const link = event.target instanceof Element ? event.target.closest('a[data-large], a[data-compare]') : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#isPair = link.hasAttribute('data-compare');
    this.#zoom(false);
    this.#show(link);
    this.#dialog.showModal();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === 'z') this.#zoom();
    else if (this.#isZoomed && (way || down)) this.#sides[0].scrollBy({ left: (way ?? 0) * STEP, top: (down ?? 0) * STEP });
    else if (way) this.#go(way);
    else return;
    event.preventDefault();
  }

  /** Round the corner at both ends. @param {number} way */
  #go(way) {
    const links = this.#links();
    const at = links.findIndex((link) => idOf(link) === this.#shown);
    const next = links.at((at + way) % links.length);
    if (next) this.#show(next);
  }

  /** @param {HTMLAnchorElement} link */
  #show(link) {
    const links = this.#links();
    const { compare } = link.dataset;
    this.#shown = idOf(link);
    const shown = compare ? [largeOf(this.#shown), largeOf(`photo-${compare}`)] : [link];
    this.#sides.forEach((side, index) => {
      const picture = /** @type {HTMLImageElement} */ (side.firstElementChild);
      side.hidden = !shown[index];
      picture.src = shown[index]?.href ?? '';
      picture.alt = altOf(shown[index]);
    });
    this.#part('place').textContent = `${links.indexOf(link) + 1} / ${links.length}`;
    /** @type {HTMLElement} */ (this.#dialog.querySelector('h2')).textContent = compare ? link.textContent : altOf(link);
    const words = shown.flatMap((one) => [...(one?.closest('figure')?.querySelector('figcaption')?.children ?? [])]);
    this.#part('words').replaceChildren(...words.map((line) => line.cloneNode(true)));
    for (const way of this.#dialog.querySelectorAll('[data-go]')) way.toggleAttribute('hidden', links.length < 2);
  }

  /** @param {boolean} [isLarge] the other way, when nothing is said */
  #zoom(isLarge = !this.#isZoomed) {
    this.#part('zoom').setAttribute('aria-pressed', String(isLarge));
    this.#part('pictures').classList.toggle('is-zoomed', isLarge);
  }

  get #isZoomed() {
    return this.#part('zoom').getAttribute('aria-pressed') === 'true';
  }

  /** Both sides show the same part. One that was moved here leads nowhere: the other may have gone on meanwhile. @param {HTMLElement} side */
  #follow(side) {
    const { scrollLeft: left, scrollTop: top, scrollWidth, scrollHeight } = side;
    if (this.#led.get(side) === `${left} ${top}`) return;
    this.#led.delete(side);
    for (const other of this.#sides) {
      if (other === side || other.hidden) continue;
      other.scrollTo((left / scrollWidth) * other.scrollWidth, (top / scrollHeight) * other.scrollHeight);
      this.#led.set(other, `${other.scrollLeft} ${other.scrollTop}`);
    }
  }

  /** @returns {HTMLElement[]} */
  get #sides() {
    return ['picture', 'other'].map((name) => /** @type {HTMLElement} */ (this.#part(name).parentElement));
  }

  /** Those one can see: not in what is folded. @returns {HTMLAnchorElement[]} */
  #links() {
    const found = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(this.#isPair ? 'a[data-compare]' : 'a[data-large]'));
    return [...found].filter((link) => link.checkVisibility());
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(`[data-part="${name}"]`));
  }
}

/** @param {Element} link */
function idOf(link) {
  return link.closest('figure')?.id ?? link.getAttribute('href')?.slice(1) ?? '';
}

/** The link of a photo's picture. @param {string} id of its figure @returns {HTMLAnchorElement | undefined} */
function largeOf(id) {
  return document.getElementById(id)?.querySelector('a') ?? undefined;
}

/** @param {HTMLAnchorElement | undefined} link */
function altOf(link) {
  return link?.querySelector('img')?.alt ?? '';
}
