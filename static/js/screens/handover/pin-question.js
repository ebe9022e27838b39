import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { setPin } from '#app/screens/pin.js';
import { errorWords, faultLine } from '#app/ui/errors.js';
import { LightElement } from '#app/ui/light-element.js';
import { pinFault } from '#app/screens/sign-in-rules.js';

/** Before the phone is first turned: only a PIN will bring it back. In the place of the next step; 'chosen', 'cancelled'. */
class PinQuestion extends LightElement {
  static properties = { fault: { state: true } };

  constructor() {
    super();
    this.fault = '';
  }

  render() {
    return html`<form class="stack-s" novalidate @submit=${(/** @type {Event} */ event) => this.#save(event)}>
      <p class="small">${t('Choose a PIN first: 4 to 6 digits. Only with it the phone comes back from the customer.')}</p>
      <div class="field"><label for="pin">${t('PIN')}</label><input class="input pin-input" id="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="6" aria-invalid=${this.fault ? 'true' : 'false'} aria-describedby="pin-fault">${faultLine('pin', this.fault)}</div>
      <div class="dock-row"><button type="button" class="btn dock-side" @click=${() => this.dispatchEvent(new CustomEvent('cancelled'))}>${t('Cancel')}</button><button class="btn btn-act next">${t('Set the PIN and turn')}</button></div>
    </form>`;
  }

  firstUpdated() {
    this.#input.focus();
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector('#pin'));
  }

  /** @param {Event} event */
  async #save(event) {
    event.preventDefault();
    const pin = this.#input.value;
    this.fault = pinFault(pin);
    if (this.fault) return this.#input.focus();
    try {
      await setPin(pin);
      this.dispatchEvent(new CustomEvent('chosen'));
    } catch (error) {
      this.fault = errorWords(error);
    }
    return undefined;
  }
}

customElements.define('pin-question', PinQuestion);
