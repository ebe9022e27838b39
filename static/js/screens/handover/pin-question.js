import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { hasPin, setPin } from '#app/store/people.js';
import { pinFault } from '#app/screens/sign-in-rules.js';

/** The phone can be brought back: there is a PIN. */
export const turnsBack = hasPin;

/**
 * Asks for a PIN before the phone is first turned: in the place of the next step.
 * @param {() => unknown} done @param {() => unknown} cancel
 */
export function pinQuestion(done, cancel) {
  const save = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem('pin'));
    const fault = pinFault(input.value);
    input.setAttribute('aria-invalid', String(Boolean(fault)));
    /** @type {HTMLElement} */ (form.querySelector('.field-error')).textContent = fault;
    if (fault) return input.focus();
    await setPin(input.value);
    await done();
  };
  return html`<div class="dock" role="region" aria-label=${t('Next step')}><form class="stack-s" novalidate @submit=${save}>
    <p class="small">${t('Choose a PIN first: 4 to 6 digits. Only with it the phone comes back from the customer.')}</p>
    <div class="field"><label for="pin">${t('PIN')}</label><input class="input pin-input" id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="6" aria-describedby="pin-fault"><p class="field-error" id="pin-fault"></p></div>
    <div class="dock-row"><button type="button" class="btn dock-side" @click=${cancel}>${t('Cancel')}</button><button class="btn btn-act next">${t('Set the PIN and turn')}</button></div>
  </form></div>`;
}
