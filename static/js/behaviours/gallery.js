/**
 * The large view of photos: opens in front of the page what `a[data-large]` would open alone; arrow keys go on.
 */

/** @param {HTMLElement} element the `<dialog>` */
export function start(element) {
  new Gallery(/** @type {HTMLDialogElement} */ (element)).begin();
}

class Gallery {
  #dialog;
  /** the photo shown, by its figure's id: the page behind may have been read again @type {string} */
  #shown = '';

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
    this.#dialog.addEventListener('close', () => this.#links().find((link) => idOf(link) === this.#shown)?.focus());
  }

  /** With a key held the browser does what it always does: a new tab. @param {MouseEvent} event */
  #open(event) {
    const link = event.target instanceof Element ? event.target.closest('a[data-large]') : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#show(link);
    this.#dialog.showModal();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#go(way);
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
    const small = link.querySelector('img');
    const picture = /** @type {HTMLImageElement} */ (this.#part('picture'));
    this.#shown = idOf(link);
    picture.src = link.href;
    picture.alt = small?.alt ?? '';
    this.#part('place').textContent = `${links.indexOf(link) + 1} / ${links.length}`;
    /** @type {HTMLElement} */ (this.#dialog.querySelector('h2')).textContent = small?.alt ?? '';
    const words = link.closest('figure')?.querySelector('figcaption');
    this.#part('words').replaceChildren(...[...(words?.children ?? [])].map((line) => line.cloneNode(true)));
    for (const way of this.#dialog.querySelectorAll('[data-go]')) way.toggleAttribute('hidden', links.length < 2);
  }

  /** Those one can see: not in what is folded. @returns {HTMLAnchorElement[]} */
  #links() {
    const found = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('a[data-large]'));
    return [...found].filter((link) => link.checkVisibility());
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(`[data-part="${name}"]`));
  }
}

/** @param {Element} link */
function idOf(link) {
  return link.closest('figure')?.id ?? '';
}
