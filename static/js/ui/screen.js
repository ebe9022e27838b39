import { bus } from '#app/core/events.js';
import { LightElement } from '#app/ui/light-element.js';
import { why } from '#app/ui/why.js';

const TICK_MS = 15000; // the time on the next-step button is never more than this behind

/**
 * A screen: light DOM, so that the style sheets of the page apply; reads again whenever the data on this phone changed
 * and draws again when the state of sending changed. Subclasses say what to read in `load()`.
 */
export class Screen extends LightElement {
  static properties = { app: { attribute: false }, route: { attribute: false } };

  /** @type {(() => void)[]} */
  #offs = [];
  /** @type {Promise<void> | null} */
  #reading = null;
  #readAgain = false;
  /** @type {() => void} */
  #isReady = () => {};
  /** Resolves when what was read first is on the screen: only then can the title take the focus and keep it. */
  ready = new Promise((resolve) => { this.#isReady = () => resolve(undefined); });
  /** Why reading failed, in words; '': it did not. */
  trouble = '';
  /** Something has been read: until then the screen shows that it is opening. */
  loaded = false;

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').Route} */
    this.route = /** @type {any} */ (undefined);
  }

  connectedCallback() {
    super.connectedCallback();
    const tick = setInterval(() => this.requestUpdate(), TICK_MS);
    this.#offs = [
      bus.on('changed', () => this.reread()),
      bus.on('status', () => this.requestUpdate()),
      () => clearInterval(tick),
    ];
    this.reread();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#offs.forEach((off) => off());
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    super.updated(changed);
    if (this.loaded) this.#isReady();
    this.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
  }

  /** Reads what the screen shows; throws when it cannot. */
  async load() {}

  /** Reads now, or once more after the reading that is under way. */
  async reread() {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = this.#read();
    await this.#reading;
    this.#reading = null;
    if (this.#readAgain) {
      this.#readAgain = false;
      await this.reread();
    }
  }

  async #read() {
    try {
      await this.load();
      this.trouble = '';
    } catch (error) {
      this.trouble = await why(error);
    }
    this.loaded = true;
    this.requestUpdate();
  }
}
