/**
 * Draws arrows, circles and words on a copy of a photo. The rows of the form are the data: a mouse or finger on the
 * picture writes into them, and whatever stands in them is shown on it. Without this script the rows alone do it.
 */

const SVG = 'http://www.w3.org/2000/svg';
const LEAST = 1; // per cent: less is a slip of the hand
const HEAD = 3; // per cent of the longer side, as the server draws it

/** @typedef {{kind: string, x1: number, y1: number, x2: number, y2: number, text: string}} Shape in per cent of the picture */

/** @param {HTMLElement} element the `<form>` */
export function start(element) {
  new Drawing(/** @type {HTMLFormElement} */ (element)).begin();
}

class Drawing {
  #form;
  #tool = 'arrow';
  /** The row that is being drawn. @type {HTMLElement | null} */
  #row = null;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
  }

  begin() {
    for (const name of ['tools', 'how', 'board', 'more']) this.#part(name).hidden = false;
    for (const row of this.#rows) if (!shapeOf(row).kind) row.remove();
    this.#part('tools').addEventListener('click', (event) => this.#choose(event));
    this.#part('add').addEventListener('click', () => this.#add()?.querySelector('select')?.focus());
    this.#part('rows').addEventListener('click', (event) => this.#drop(event));
    this.#part('rows').addEventListener('input', () => this.#show());
    const board = this.#part('board');
    board.addEventListener('pointerdown', (event) => this.#down(event));
    board.addEventListener('pointermove', (event) => this.#move(event));
    board.addEventListener('pointerup', () => this.#up());
    board.addEventListener('pointercancel', () => this.#up());
    this.#part('board').querySelector('img')?.addEventListener('load', () => this.#show());
    this.#show();
  }

  /** @param {MouseEvent} event */
  #choose({ target }) {
    const button = target instanceof Element ? target.closest('[data-tool]') : null;
    if (!(button instanceof HTMLElement)) return;
    this.#tool = button.dataset.tool ?? '';
    for (const one of this.#part('tools').querySelectorAll('[data-tool]')) one.setAttribute('aria-pressed', String(one === button));
  }

  /** A new row at the end; null: there are as many as may be. @param {Partial<Shape>} shape */
  #add(shape = { kind: this.#tool, x1: 40, y1: 40, x2: 60, y2: 60 }) {
    if (this.#rows.length >= Number(this.#form.dataset.most)) return null;
    const template = /** @type {HTMLTemplateElement} */ (this.#part('template'));
    const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.#part('rows').append(row);
    write(row, shape);
    this.#show();
    return row;
  }

  /** @param {MouseEvent} event */
  #drop({ target }) {
    const button = target instanceof Element ? target.closest('[data-part=drop]') : null;
    if (!button) return;
    button.closest('[data-part=row]')?.remove();
    this.#show();
    /** @type {HTMLElement} */ (this.#part('add')).focus();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || this.#row) return;
    event.preventDefault();
    const at = this.#place(event);
    this.#row = this.#add({ kind: this.#tool, x1: at.x, y1: at.y, x2: at.x, y2: at.y });
    if (this.#row) this.#part('board').setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#row) return;
    const at = this.#place(event);
    write(this.#row, this.#tool === 'text' ? { x1: at.x, y1: at.y } : { x2: at.x, y2: at.y });
    this.#show();
  }

  #up() {
    const row = this.#row;
    this.#row = null;
    if (!row) return;
    const { kind, x1, y1, x2, y2 } = shapeOf(row);
    if (kind === 'text') /** @type {HTMLInputElement} */ (row.querySelector('[name=text]')).focus();
    else if (Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1)) < LEAST) row.remove();
    this.#show();
  }

  /** Where on the picture, in per cent. @param {PointerEvent} event */
  #place({ clientX, clientY }) {
    const box = this.#part('board').getBoundingClientRect();
    const part = (/** @type {number} */ value, /** @type {number} */ size) => Math.round(Math.min(1, Math.max(0, value / size)) * 1000) / 10;
    return { x: part(clientX - box.left, box.width), y: part(clientY - box.top, box.height) };
  }

  #show() {
    const board = this.#part('board');
    const wide = board.clientWidth / (board.clientHeight || 1) || 1;
    const shapes = this.#rows.map(shapeOf);
    this.#rows.forEach((row, index) => dress(row, shapes[index].kind));
    this.#part('shapes').replaceChildren(...shapes.flatMap((shape) => drawn(shape, wide)));
    this.#part('texts').replaceChildren(...shapes.filter(({ kind, text }) => kind === 'text' && text).map(words));
    this.#part('add').toggleAttribute('disabled', shapes.length >= Number(this.#form.dataset.most));
  }

  /** @returns {HTMLElement[]} */
  get #rows() {
    return [...this.#part('rows').querySelectorAll('[data-part=row]')].map((row) => /** @type {HTMLElement} */ (row));
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.#form.querySelector(`[data-part="${name}"]`));
  }
}

/** @param {HTMLElement} row @returns {Shape} */
function shapeOf(row) {
  const value = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (row.querySelector(`[name=${name}]`)).value;
  const number = (/** @type {string} */ name) => Math.min(100, Math.max(0, Number(value(name)) || 0));
  return { kind: value('kind'), x1: number('x1'), y1: number('y1'), x2: number('x2'), y2: number('y2'), text: value('text') };
}

/** @param {HTMLElement} row @param {Partial<Shape>} shape */
function write(row, shape) {
  for (const [name, value] of Object.entries(shape)) /** @type {HTMLInputElement} */ (row.querySelector(`[name=${name}]`)).value = String(value);
}

/** Shows only the fields this kind of shape has. @param {HTMLElement} row @param {string} kind */
function dress(row, kind) {
  /** @type {HTMLElement} */ (row.querySelector('[data-part=drop]')).hidden = false;
  for (const field of row.querySelectorAll('[data-for]')) {
    const name = /** @type {HTMLElement} */ (field).dataset.for ?? '';
    /** @type {HTMLElement} */ (field).hidden = name === 'text' ? kind !== 'text' : kind === 'text' && name.endsWith('2');
  }
}

/** @param {Shape} shape @param {number} wide width of the picture by its height @returns {SVGElement[]} */
function drawn({ kind, x1, y1, x2, y2 }, wide) {
  if (kind === 'circle') return twice('ellipse', { cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, rx: Math.abs(x2 - x1) / 2, ry: Math.abs(y2 - y1) / 2 });
  if (kind !== 'arrow') return [];
  const angle = Math.atan2((y2 - y1) / wide, x2 - x1);
  const longer = wide < 1 ? 1 / wide : 1;
  const barb = (/** @type {number} */ turn) => `${x2 - Math.cos(angle + turn) * HEAD * longer},${y2 - Math.sin(angle + turn) * HEAD * longer * wide}`;
  return twice('path', { d: `M${x1},${y1} L${x2},${y2} M${barb(0.5)} L${x2},${y2} L${barb(-0.5)}` });
}

/** A white edge below, red above. @param {string} name @param {Record<string, string | number>} attributes */
function twice(name, attributes) {
  return ['shape-edge', 'shape-line'].map((style) => {
    const found = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
    for (const [key, value] of Object.entries({ ...attributes, class: style })) found.setAttribute(key, String(value));
    return found;
  });
}

/** @param {Shape} shape */
function words({ x1, y1, text }) {
  const found = document.createElement('span');
  found.className = 'shape-words';
  found.textContent = text;
  found.style.setProperty('--x', `${x1}%`);
  found.style.setProperty('--y', `${y1}%`);
  return found;
}
