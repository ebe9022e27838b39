import { LitElement, html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { checkPin } from '#app/store/people.js';
import { errorWords, faultLine } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';

/** Asks for the PIN. Works without signal; wrong tries are slowed down by the store and survive a restart. */
class LockScreen extends LitElement {
  static properties = { app: { attribute: false }, fault: { state: true }, busy: { state: true }, waitSeconds: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    this.fault = '';
    this.busy = false;
    /** No try before this many seconds. */
    this.waitSeconds = 0;
  }

  createRenderRoot() {
    return this;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#countdown);
  }

  updated() {
    this.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
  }

  render() {
    const waits = this.waitSeconds > 0;
    return html`<div class="enter lock"><main class="enter-form">
      <div class="lock-head">${icon('lock')}<h1 tabindex="-1">${t('Locked')}</h1><p class="two">${this.app.person.name} <span class="nb">${this.app.person.staffNo}</span></p></div>
      <form class="stack form-roomy" novalidate @submit=${(/** @type {Event} */ event) => this.#submit(event)}>
        <div class="field"><label for="pin">${t('PIN')}</label>
          <input class="input pin-input" id="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="6" aria-describedby="pin-fault" aria-invalid=${this.fault ? 'true' : 'false'}>
          ${faultLine('pin', waits ? t('Too many wrong tries. Next try in {seconds} s.', { seconds: this.waitSeconds }) : this.fault)}</div>
        <button class="btn btn-act next" ?disabled=${waits} aria-busy=${this.busy}>${waits ? t('Wait {seconds} s', { seconds: this.waitSeconds }) : this.busy ? t('One moment …') : t('Unlock')}</button>
      </form>
      <a class="btn btn-quiet" href="#/sign-in">${t('Forgotten the PIN: sign in again')}</a>
      <p class="cap">${t('Signing in needs signal. What is unsent stays on this phone.')}</p>
    </main></div>`;
  }

  firstUpdated() {
    /** @type {HTMLElement | null} */ (this.querySelector('#pin'))?.focus();
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.querySelector('#pin'));
    if (this.busy || this.waitSeconds > 0 || !input.value) return;
    this.busy = true;
    try {
      const { ok, wait_seconds } = await checkPin(input.value);
      if (ok) return void this.dispatchEvent(new CustomEvent('unlocked', { bubbles: true }));
      this.fault = t('This is not the PIN.');
      this.#wait(wait_seconds);
    } catch (error) {
      this.fault = errorWords(error);
    } finally {
      this.busy = false;
    }
    input.value = '';
    input.focus();
  }

  /** @param {number} seconds */
  #wait(seconds) {
    clearInterval(this.#countdown);
    this.waitSeconds = seconds;
    if (seconds > 0) this.#countdown = setInterval(() => { if ((this.waitSeconds -= 1) <= 0) clearInterval(this.#countdown); }, 1000);
  }
}

customElements.define('lock-screen', LockScreen);
