import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';
import '#app/screens/pin-form.js';

/** The app is locked: the PIN opens it, or signing in again. */
class LockScreen extends LightElement {
  static properties = { app: { attribute: false } };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
  }

  updated() {
    this.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
  }

  render() {
    return html`<div class="enter lock"><main class="enter-form">
      <div class="lock-head">${icon('lock')}<h1 tabindex="-1">${t('Locked')}</h1><p class="two">${this.app.person.name} <span class="nb">${this.app.person.staffNo}</span></p></div>
      <pin-form @right-pin=${() => this.dispatchEvent(new CustomEvent('unlocked', { bubbles: true }))}></pin-form>
      <a class="btn btn-quiet" href="#/sign-in">${t('Forgot your PIN? Sign in again')}</a>
      <p class="cap">${t('Signing in needs signal. What is unsent stays on this phone.')}</p>
    </main></div>`;
  }
}

customElements.define('lock-screen', LockScreen);
