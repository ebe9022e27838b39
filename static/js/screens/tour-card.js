import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';

/** Three things to know on the first day, above the jobs: in the way of nothing, left at any time. */
class TourCard extends LightElement {
  static properties = { app: { attribute: false }, step: { state: true } };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    this.step = 0;
  }

  render() {
    const steps = stepsOf();
    const [title, words] = steps[this.step];
    const last = this.step === steps.length - 1;
    return html`<section class="sheet stack" aria-label=${t('First steps')}><div aria-live="polite">
      <p class="cap">${t('First steps')} <span class="nb">${this.step + 1}/${steps.length}</span></p>
      <h2 class="strong">${title}</h2><p>${words}</p></div>
      <div class="dock-row">${last ? '' : html`<button class="btn" @click=${() => this.#leave()}>${t('Not now')}</button>`}
        <button class="btn btn-soft grow" @click=${() => (last ? this.#leave() : this.#next())}>${last ? icon('check') : ''}${last ? t('Got it') : t('Next step')}</button></div></section>`;
  }

  #next() {
    this.step += 1;
  }

  async #leave() {
    await this.app.store.setMeta('toured', true).catch(() => {}); // shown once more next time
    this.app.store.tell();
  }
}

function stepsOf() {
  return [
    [t('Your day is on this phone'), t('Your jobs are listed here in the order of the day, even without a signal. Tap one for customer, address and checklist. The large button below is always the next step.')],
    [t('What you confirm is kept'), t('The line at the top says what is only on this phone and what is on the server. Without a signal just keep working: everything is sent later by itself.')],
    [t('The visit ends with a signature'), t('The checklist leads you through the visit. At the end, turn the phone to the customer to sign. Not sure? See Me, “What can I do now?”.')],
  ];
}

customElements.define('tour-card', TourCard);
