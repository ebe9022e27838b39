import { html } from '#vendor/lit.js';
import { SignaturePad } from '#vendor/signature_pad.js';
import { LightElement } from '#app/ui/light-element.js';

/**
 * A mark as it was drawn: points in the size the pad had when it began.
 * @typedef {{width: number, height: number, groups: {points: {x: number, y: number, time: number, pressure: number}[]}[]}} Mark
 */

/** Where the customer signs, by finger, pen or mouse; 'mark' after every stroke. A turned phone or larger text moves the mark, it does not lose it. */
class SignPad extends LightElement {
  static properties = { mark: { attribute: false }, label: {} };

  /** @type {SignaturePad | null} */
  #pad = null;
  /** @type {Mark | null} what stands on the canvas */
  #drawn = null;
  #sizes = new ResizeObserver(() => this.#fit());

  constructor() {
    super();
    /** @type {Mark | null} */
    this.mark = null;
    this.label = '';
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    this.#pad?.off();
  }

  render() {
    return html`<div class="pad" role="img" aria-label=${this.label}><canvas></canvas></div>`;
  }

  firstUpdated() {
    const canvas = this.#canvas;
    this.#pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 3.2, minDistance: 1.5 });
    this.#pad.addEventListener('endStroke', () => this.#ended());
    this.#sizes.observe(canvas);
  }

  updated() {
    if (this.mark !== this.#drawn) this.#draw();
  }

  get #canvas() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector('canvas'));
  }

  /** Pixels on the pad for one of the mark. @param {Mark} mark */
  #scale({ width, height }) {
    const { offsetWidth, offsetHeight } = this.#canvas;
    return Math.min(offsetWidth / width, offsetHeight / height);
  }

  #fit() {
    const canvas = this.#canvas;
    const ratio = Math.max(devicePixelRatio || 1, 1);
    canvas.width = Math.round(canvas.offsetWidth * ratio);
    canvas.height = Math.round(canvas.offsetHeight * ratio);
    canvas.getContext('2d')?.scale(ratio, ratio);
    this.#draw();
  }

  #draw() {
    const pad = this.#pad;
    if (!pad || !this.#canvas.offsetWidth) return;
    pad.penColor = getComputedStyle(this.#canvas).color;
    pad.clear();
    this.#drawn = this.mark;
    if (this.mark) pad.fromData(/** @type {any} */ (scaled(this.mark.groups, this.#scale(this.mark))));
  }

  #ended() {
    const groups = /** @type {Mark['groups']} */ (this.#pad?.toData() ?? []);
    const { offsetWidth: width, offsetHeight: height } = this.#canvas;
    const base = this.mark ?? { width, height };
    this.mark = this.#drawn = { ...base, groups: scaled(groups, 1 / (this.mark ? this.#scale(this.mark) : 1)) };
    this.dispatchEvent(new CustomEvent('mark', { bubbles: true, detail: this.mark }));
  }
}

/** @param {Mark['groups']} groups @param {number} by */
function scaled(groups, by) {
  return groups.map(({ points }) => ({ points: points.map(({ x, y, time, pressure }) => ({ x: round(x * by), y: round(y * by), time, pressure })) }));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}

customElements.define('sign-pad', SignPad);
