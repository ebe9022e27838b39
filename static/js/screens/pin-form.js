import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { checkPin } from '#app/screens/pin.js';
import { errorWords, faultLine } from '#app/ui/errors.js';
import { LightElement } from '#app/ui/light-element.js';

/** Asks for the PIN of who is signed in; 'right-pin' when it is. Works without signal; the store slows wrong tries down, also across a restart. */
class PinForm extends LightElement {
  static properties = { fault: { state: true }, busy: { state: true }, waitSeconds: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;

  constructor() {
    super();
    this.fault = '';
    this.busy = false;
    /** No try before this many seconds. */
    this.waitSeconds = 0;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#countdown);
  }

  render() {
    const waits = this.waitSeconds > 0;
    return html`<form class="stack form-roomy" novalidate @submit=${(/** @type {Event} */ event) => this.#submit(event)}>
      <div class="field"><label for="pin">${t('PIN')}</label>
        <input class="input pin-input" id="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="6" aria-describedby="pin-fault" aria-invalid=${this.fault ? 'true' : 'false'}>
        ${faultLine('pin', waits ? t('Too many wrong tries. Next try in {seconds} s.', { seconds: this.waitSeconds }) : this.fault)}</div>
      <button class="btn btn-act next" ?disabled=${waits} aria-busy=${this.busy}>${waits ? t('Wait {seconds} s', { seconds: this.waitSeconds }) : this.busy ? t('One moment …') : t('Unlock')}</button>
    </form>`;
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
      if (ok) return void this.dispatchEvent(new CustomEvent('right-pin', { bubbles: true }));
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

customElements.define('pin-form', PinForm);
