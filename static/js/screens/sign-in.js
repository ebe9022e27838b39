import { html, nothing } from '#vendor/lit.js';
import { lang, t } from '#app/core/i18n.js';
import { setPin } from '#app/screens/pin.js';
import { peopleWithUnsent } from '#app/store/people.js';
import { choosePassword, signIn, signInWithCode, takeUpSession } from '#app/sync/session.js';
import { canOfferInstall, offerInstall, thisBrowser } from '#app/device/install.js';
import { isLocked } from '#app/device/lock.js';
import { errorWords, faultLine, troubleNote } from '#app/ui/errors.js';
import { floorPicture } from '#app/ui/floor-picture.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';
import { switchLanguage } from '#app/screens/language.js';
import { CAME_BY_LINK, CAME_SIGNED_IN, SETUP_STEP } from '#app/screens/routes.js';
import { tabNote } from '#app/screens/tab-note.js';
import { PASSWORD_LEAST, passwordFault, pinFault } from '#app/screens/sign-in-rules.js';

/** @typedef {'name' | 'code' | 'password' | 'pin'} Step */

/** Signing in, with a password or the code of a one-time link; a new person then chooses password and PIN. */
class SignInScreen extends LightElement {
  static properties = {
    app: { attribute: false }, route: { attribute: false }, step: { state: true }, trouble: { state: true },
    faults: { state: true }, busy: { state: true }, shown: { state: true }, unsent: { state: true }, saved: { state: true }, anyway: { state: true },
  };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext | null} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').Route} */
    this.route = /** @type {any} */ (undefined);
    /** @type {Step | null} null: not yet begun, the address says */
    this.step = null;
    this.trouble = '';
    /** @type {Record<string, string>} */
    this.faults = {};
    this.busy = false;
    /** The password is shown as typed. */
    this.shown = false;
    /** @type {(import('#app/types/store.js').PersonRecord & {count: number})[]} */
    this.unsent = [];
    /** What became of a file that was saved. */
    this.saved = '';
    /** Goes on in the browser although installing first is better. */
    this.anyway = false;
    this.staffNo = '';
  }

  async connectedCallback() {
    super.connectedCallback();
    addEventListener('beforeinstallprompt', this.#offered);
    const left = this.app && !isLocked() ? localStorage.getItem(SETUP_STEP) : null;
    this.step = left === 'password' || left === 'pin' ? left : this.route.name === 'setup' ? 'code' : 'name';
    this.staffNo = this.app?.person.staffNo ?? '';
    this.unsent = await peopleWithUnsent().catch(() => []);
    const came = this.step === 'code' ? CAME_BY_LINK : this.step === 'name' ? CAME_SIGNED_IN : '';
    if (came && location.hash.endsWith(came)) await this.#comeIn(came);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('beforeinstallprompt', this.#offered);
  }

  #offered = () => { setTimeout(() => this.requestUpdate()); }; // once the offer is kept

  /** Who comes has signed in already: a link's code is used up, what is left is password and PIN; after the desk's form nothing is. @param {string} came */
  async #comeIn(came) {
    this.busy = true;
    try {
      const answer = await takeUpSession();
      history.replaceState(null, '', location.hash.slice(0, -came.length));
      if (answer) this.#welcome(answer, came === CAME_BY_LINK);
    } catch (error) {
      this.trouble = errorWords(error);
    }
    this.busy = false;
  }

  updated() {
    this.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
  }

  render() {
    return html`<div class="enter"><div class="enter-art" aria-hidden="true">${floorPicture()}</div>
      <main class="enter-form">
        <div><h1 tabindex="-1">${t('Field service')}</h1><p class="two">${this.#subtitle()}</p></div>
        ${troubleNote(this.trouble)}
        ${this.saved ? html`<p class="note note-act" role="status">${icon('check')}<span>${this.saved}</span></p>` : nothing}
        ${this.#form()}
        <p class="cap enter-foot">${t('Passwords are never stored on this phone.')}</p>
      </main></div>`;
  }

  #subtitle() {
    switch (this.step) {
      case 'code': return t('Set up this phone');
      case 'password': return t('Choose your own password');
      case 'pin': return t('Choose a PIN for this phone');
      default: return this.app ? t('Sign in again to send') : t('Staff sign-in');
    }
  }

  #form() {
    switch (this.step) {
      case 'code': return this.#codeForm();
      case 'password': return this.#passwordForm();
      case 'pin': return this.#pinForm();
      default: return this.#nameForm();
    }
  }

  #nameForm() {
    return html`${this.#kept()}${tabNote()}
      <form class="stack form-roomy" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, (data) => this.#signIn(data))}>
        ${this.#field('name', t('Staff number or phone'), { autocomplete: 'username', value: this.staffNo, autocapitalize: 'none' })}
        ${this.#field('password', t('Password'), { autocomplete: 'current-password', secret: true })}
        ${this.#button(t('Sign in'))}
      </form>
      <div class="line wrap between"><a class="btn btn-quiet" href="#/setup">${t('I have a code')}</a>${this.#language()}</div>
      ${this.app && !isLocked() ? html`<a class="btn btn-wide" href="#/today">${t('Back to my day')}</a>` : nothing}
      <details><summary class="btn-quiet">${t('Forgot your password?')}${icon('chevron-down')}</summary>
        <p class="small two">${t('Ask your branch manager or an administrator for a one-time link. What is unsent on this phone stays.')}</p></details>`;
  }

  /** Whose work waits on this phone: signing in never touches it. */
  #kept() {
    const own = this.unsent.find((person) => person.id === this.app?.person.id);
    const others = this.unsent.filter((person) => person !== own);
    return [
      own ? this.#keptNote(own, t('{count} of your items are only on this phone. They are safe and go out after you sign in.', { count: own.count })) : nothing,
      others.map((other) => this.#keptNote(other, t('This phone still holds {count} unsent items of {name}. They are safe and go out when {name} signs in.', { name: other.name, count: other.count }))),
    ];
  }

  /** @param {import('#app/types/store.js').PersonRecord} person @param {string} words */
  #keptNote(person, words) {
    return html`<div class="note note-wait">${icon('smartphone')}<span>${words}
      <button class="btn btn-wide" @click=${() => this.#save(person)}>${t('Cannot sign in? Save them as a file')}<span class="vh">: ${person.name}</span></button></span></div>`;
  }

  /** For the office; also without a network and without anybody signed in. @param {import('#app/types/store.js').PersonRecord} person */
  async #save(person) {
    this.saved = this.trouble = '';
    try {
      const { saveUnsent } = await import('#app/screens/rescue-file.js');
      const zone = this.app?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
      this.saved = await saveUnsent(person, { zone, locked: isLocked() });
    } catch (error) {
      this.trouble = errorWords(error);
    }
  }

  #codeForm() {
    const facts = thisBrowser();
    if (facts.inApp) return html`<p class="note note-wait">${icon('external-link')}<span><strong>${t('Please open this page in the phone’s own browser.')}</strong> ${facts.inApp === 'wechat' ? t('In WeChat: tap ··· at the top right, then “Open in browser”.') : t('Open the menu of this window and choose “Open in browser”.')} ${t('What is stored inside another app can get lost.')}</span></p>${this.#codeShown()}<div>${this.#language()}</div>`;
    if (facts.ios && !facts.installed && !this.anyway) return html`<ol class="numbered">
        <li><span>1</span><span>${t('In Safari tap the share sign, then “Add to Home Screen”.')}</span></li>
        <li><span>2</span><span>${t('Open the app from the home screen and choose “I have a code”.')}</span></li>
        <li><span>3</span><span>${t('Enter the code there: the home screen and Safari keep their data apart.')}</span></li></ol>
      ${this.#codeShown()}
      <button class="btn btn-wide" @click=${() => { this.anyway = true; }}>${t('Go on in Safari without installing')}</button>${this.#language()}`;
    return html`<form class="stack form-roomy" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, (data) => this.#signInWithCode(data))}>
        ${canOfferInstall() && !facts.installed ? html`<button type="button" class="btn btn-wide" @click=${async () => { await offerInstall(); this.requestUpdate(); }}>${icon('download')}${t('Put the app on the home screen first')}</button>` : nothing}
        ${this.#field('code', t('Code of the one-time link'), { autocomplete: 'one-time-code', value: this.route.id, autocapitalize: 'characters', hint: t('You find it below the QR code; it is valid for 15 minutes.') })}
        ${this.#button(t('Continue'))}
      </form>
      <div class="line wrap between"><a class="btn btn-quiet" href="#/sign-in">${t('Sign in with a password')}</a>${this.#language()}</div>`;
  }

  #codeShown() {
    return this.route.id ? html`<p>${t('Your code:')} <strong class="badge-no">${this.route.id}</strong></p>` : nothing;
  }

  #passwordForm() {
    return html`<p class="small">${t('At least {count} characters. Three or four words that only you would put together are good. Nobody in the office sees it.', { count: PASSWORD_LEAST })}</p>
      <form class="stack form-roomy" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, (data) => this.#choosePassword(data))}>
        <input class="vh" type="text" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${this.staffNo} readonly>
        ${this.#field('new-password', t('New password'), { autocomplete: 'new-password', secret: true })}
        ${this.#button(t('Save the password'))}
      </form>`;
  }

  #pinForm() {
    return html`<p class="small">${t('4 to 6 digits. They open this app when it was locked, also without signal. The PIN stays on this phone.')}</p>
      <form class="stack form-roomy" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, (data) => this.#choosePin(data))}>
        ${this.#field('pin', t('PIN'), { autocomplete: 'off', secret: true, inputmode: 'numeric' })}
        ${this.#button(t('Save the PIN'))}
      </form>
      <button class="btn btn-quiet" @click=${() => this.#finish()}>${t('Later, without a PIN')}</button>`;
  }

  /**
   * @param {string} id
   * @param {string} label
   * @param {{autocomplete: string, secret?: boolean, value?: string, hint?: string, inputmode?: string, autocapitalize?: string}} kind
   */
  #field(id, label, { autocomplete, secret = false, value = '', hint = '', inputmode = '', autocapitalize = '' }) {
    return html`<div class="field"><label for=${id}>${label}</label>
      ${hint ? html`<p class="cap" id="${id}-hint">${hint}</p>` : nothing}
      <input class="input" id=${id} name=${id} type=${secret && !this.shown ? 'password' : 'text'} autocomplete=${/** @type {any} */ (autocomplete)} value=${value}
        inputmode=${/** @type {any} */ (inputmode || nothing)} autocapitalize=${autocapitalize || nothing} spellcheck="false" aria-invalid=${this.faults[id] ? 'true' : nothing}
        aria-describedby="${id}-fault${hint ? ` ${id}-hint` : ''}" @input=${() => { this.faults = { ...this.faults, [id]: '' }; }}>
      ${faultLine(id, this.faults[id])}
      ${secret ? html`<label class="check"><input type="checkbox" .checked=${this.shown} @change=${() => { this.shown = !this.shown; }}>${t('Show what I type')}</label>` : nothing}</div>`;
  }

  /** @param {string} words */
  #button(words) {
    return html`<button class="btn btn-act next" aria-busy=${this.busy}>${this.busy ? t('One moment …') : words}</button>`;
  }

  #language() {
    const other = lang() === 'zh' ? 'en' : 'zh';
    return html`<button class="btn btn-quiet" lang=${other} @click=${() => switchLanguage(this, other)}>${icon('languages')}${other === 'en' ? 'English' : '中文'}</button>`;
  }

  /**
   * @param {SubmitEvent} event
   * @param {(data: FormData) => Promise<void>} act
   */
  async #submit(event, act) {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    this.trouble = '';
    try {
      await act(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    } catch (error) {
      this.trouble = errorWords(error);
    }
    this.busy = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector('[aria-invalid]'))?.focus();
  }

  /** @param {FormData} data */
  async #signIn(data) {
    const name = String(data.get('name') ?? '').trim();
    const password = String(data.get('password') ?? '');
    this.faults = { name: name ? '' : t('Please enter your staff number or phone.'), password: password ? '' : t('Please enter the password.') };
    if (!name || !password) return;
    const forgotPin = isLocked();
    this.#welcome(await signIn({ name, password }), forgotPin);
  }

  /** @param {FormData} data */
  async #signInWithCode(data) {
    const code = String(data.get('code') ?? '').trim();
    this.faults = { code: code ? '' : t('Please enter the code.') };
    if (code) this.#welcome(await signInWithCode(code), true);
  }

  /** @param {import('#app/types/wire.js').SessionAnswer} answer @param {boolean} asksPin */
  #welcome(answer, asksPin) {
    this.staffNo = answer.person.staff_no;
    if (answer.must_choose_password) this.#go('password');
    else if (asksPin) this.#go('pin');
    else this.#finish();
  }

  /** @param {FormData} data */
  async #choosePassword(data) {
    const password = String(data.get('new-password') ?? '');
    this.faults = { 'new-password': passwordFault(password, this.staffNo) };
    if (this.faults['new-password']) return;
    await choosePassword({ current: null, new: password });
    this.#go('pin');
  }

  /** @param {FormData} data */
  async #choosePin(data) {
    const pin = String(data.get('pin') ?? '');
    this.faults = { pin: pinFault(pin) };
    if (this.faults.pin) return;
    await setPin(pin);
    this.#finish();
  }

  /** @param {Step} step */
  async #go(step) {
    localStorage.setItem(SETUP_STEP, step);
    this.faults = {};
    this.shown = false;
    this.step = step;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus();
  }

  #finish() {
    localStorage.removeItem(SETUP_STEP);
    this.dispatchEvent(new CustomEvent('signed-in', { bubbles: true }));
  }
}

customElements.define('sign-in-screen', SignInScreen);
