import { html, nothing } from '#vendor/lit.js';
import { day, dayOf, t, time } from '#app/core/i18n.js';
import { mark } from '#app/store/wipe.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';
import { topBar } from '#app/screens/frame.js';
import { goOn } from '#app/screens/wiping.js';

/** @typedef {import('#app/store/wipe.js').Wiping} Wiping */

const AGAIN_MS = 20_000;

/** What happened, in plain words, and the way to begin anew. */
class WipedScreen extends LightElement {
  static properties = { wiping: { attribute: false } };

  /** @type {any} */
  #timer;

  constructor() {
    super();
    /** @type {Wiping} */
    this.wiping = /** @type {any} */ (undefined);
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('online', this.#again);
    this.#timer = setInterval(this.#again, AGAIN_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('online', this.#again);
    clearInterval(this.#timer);
  }

  #again = async () => {
    if (this.wiping.told) return;
    const now = await goOn(this.wiping).catch(() => this.wiping);
    if (now) this.wiping = now;
    else location.replace('/app/');
  };

  render() {
    const { at_ms: at, told } = this.wiping;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return html`<div class="screen">${topBar({ title: t('This phone was blocked') })}
      <main tabindex="0"><div class="stack">
        <p class="note note-wait" role="alert">${icon('ban')}<span><strong>${t('The office has blocked this phone.')}</strong>
          ${t('What was unsent has been delivered: the office has it and decides what counts. Then all jobs, photos, drafts and the key were deleted from this phone, {day} {time}.', { day: day(dayOf(at, zone)), time: time(at, zone) })}</span></p>
        <section class="sheet stack">
          <p>${told ? t('The office knows that this phone is empty.') : t('The office does not know yet that this phone is empty; it is told as soon as there is signal.')}</p>
          <p class="two">${t('Is this phone yours and with you? Sign in again: it begins anew. If you cannot, call your branch.')}</p>
          ${told ? html`<button class="btn btn-act btn-wide" @click=${this.#begin}>${icon('log-in')}${t('Sign in')}</button>` : nothing}
        </section>
      </div></main></div>`;
  }

  #begin = async () => {
    await mark(undefined);
    location.replace('/app/'); // a page of its own: nothing of this one stays in memory
  };
}

customElements.define('wiped-screen', WipedScreen);
