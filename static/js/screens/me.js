import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { lang, t } from '#app/core/i18n.js';
import { hasPin, setPin } from '#app/screens/pin.js';
import { renameDevice } from '#app/sync/device.js';
import { syncNow } from '#app/sync/pump.js';
import { signOut } from '#app/sync/session.js';
import { status } from '#app/sync/status.js';
import { lockAfterMinutes, lockNow, setLockAfterMinutes } from '#app/device/lock.js';
import { estimate, persist, sizeWords } from '#app/device/storage-quota.js';
import { check, takeOver } from '#app/device/updates.js';
import { announce } from '#app/ui/announce.js';
import { errorWords, faultLine, troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { pick } from '#app/ui/pick.js';
import { setTheme, theme } from '#app/ui/preferences.js';
import { Screen } from '#app/ui/screen.js';
import { navBar, readTrouble, topBar } from '#app/screens/frame.js';
import { switchLanguage } from '#app/screens/language.js';
import { mapApps } from '#app/screens/navigate.js';
import { pinFault } from '#app/screens/sign-in-rules.js';

const LOCK_CHOICES = [15, 60]; // minutes out of sight
const NAME_MOST = 60; // characters of a device's name

/** The person, and how this phone is set up. */
class MeScreen extends Screen {
  #hasPin = false;
  #mapApp = '';
  #position = true;
  #fullPhotos = false;
  #deviceName = '';
  /** @type {{free_bytes: number, used_bytes: number} | null} */
  #quota = null;
  #kept = false;
  /** @type {Record<string, string>} */
  #faults = {};
  #signOutTrouble = '';
  #busy = '';
  /** @type {import('#app/device/sharing.js').Wish | null | undefined} */
  #wish;

  async load() {
    const { store } = this.app;
    const [has, mapApp, position, photos, deviceName, wish, quota, kept] = await Promise.all([
      hasPin(), store.meta('map_app'), store.meta('position'), store.meta('photos_full'), store.meta('device_name'), store.meta('shares'), estimate(), persist()]);
    this.#hasPin = has;
    this.#mapApp = mapApp ?? '';
    this.#position = position !== 'off';
    this.#fullPhotos = photos === 'on';
    this.#deviceName = deviceName ?? '';
    this.#wish = wish;
    this.#quota = quota;
    this.#kept = kept;
  }

  render() {
    return html`<div class="screen has-nav">
      ${topBar({ title: t('Me') })}
      <main tabindex="0">${this.trouble ? readTrouble(this.trouble, () => this.reread()) : [this.#person(), this.#version(), this.#help(), this.#looks(), this.#maps(), this.#photos(), this.#lock(), this.#phone(), this.#leave()]}<div class="gap"></div></main>
      ${navBar(this.app, 'me')}
    </div>`;
  }

  #person() {
    const { me, person } = this.app;
    return html`<section class="sheet"><p class="me-name">${me?.name || person.name}</p>
      <p class="two">${t('Staff number')} <span class="nb">${person.staffNo}</span></p>
      ${me?.badge_no ? html`<p class="me-badge"><span class="two">${t('Badge')}</span> <span class="badge-no">${me.badge_no}</span></p>` : nothing}
      ${me?.branch ? html`<p class="two">${me.branch.name}${me.branch.phone ? html` · <a class="nb branch-call" href="tel:${me.branch.phone}">${me.branch.phone}</a>` : nothing}</p>` : nothing}
    </section>`;
  }

  #version() {
    if (!this.app.newBuild) return nothing;
    return html`<section class="stack-s"><p class="note note-act">${icon('download')}<span><strong>${t('A new version is ready on this phone.')}</strong> ${t('It takes two seconds. What is unsent and what you were typing stays.')}</span></p>
      <button class="btn btn-act btn-wide" @click=${() => takeOver() || check()}>${t('Take the new version')}</button></section>`;
  }

  #help() {
    return html`<ul class="rows"><li><a class="row" href="#/help">${icon('circle-help')}<span>${t('What can I do now?')}</span>${icon('chevron-right')}</a></li></ul><div class="gap"></div>`;
  }

  #looks() {
    const themes = /** @type {const} */ ([['system', t('Auto')], ['light', t('Light')], ['dark', t('Dark')]]);
    const languages = /** @type {const} */ ([['zh', '中文'], ['en', 'English']]);
    return html`<section class="sheet stack"><div class="head"><h2>${t('Language and colours')}</h2></div>
      ${pick('language', t('Language'), languages, lang(), (chosen) => switchLanguage(this, chosen))}
      ${pick('theme', t('Colours'), themes, theme(), (chosen) => { setTheme(chosen); this.requestUpdate(); })}</section>`;
  }

  #maps() {
    return html`<div class="gap"></div><section class="sheet stack"><div class="head"><h2>${t('Navigation')}</h2></div>
      ${pick('map', t('Map application'), [...mapApps(), ['', t('Ask me')]], this.#mapApp, (chosen) => this.#keep('map_app', chosen))}
      <label class="check"><input type="checkbox" .checked=${this.#position} @change=${(/** @type {Event} */ event) => this.#keep('position', /** @type {HTMLInputElement} */ (event.target).checked ? 'on' : 'off')}><span>${t('Record where I am when I depart, arrive and finish')}</span></label>
      <p class="cap">${t('Only at these moments, never in between. Without a position the step counts just the same.')}</p>
      <label class="check"><input type="checkbox" .checked=${this.#wish?.shared ?? !!this.app.me?.shares_position} @change=${(/** @type {Event} */ event) => this.#share(/** @type {HTMLInputElement} */ (event.target).checked)}><span>${t('Show the office my last position while I am on duty')}</span></label>
      <p class="cap">${t('The place of your last step of the day, to your planners, during your shift. You can take it back here at any time.')}</p><div role="status">${this.#waiting()}</div></section>`;
  }

  #photos() {
    return html`<div class="gap"></div><section class="sheet stack-s"><div class="head"><h2>${t('Photos')}</h2></div>
      <label class="check"><input type="checkbox" .checked=${this.#fullPhotos} @change=${(/** @type {Event} */ event) => this.#keep('photos_full', /** @type {HTMLInputElement} */ (event.target).checked ? 'on' : 'off')}><span>${t('Keep photos in full size')}</span></label>
      <p class="cap">${t('Normally made smaller: enough to see every joint, and sent ten times as fast. Full size is for fine cracks and small print.')}</p></section>`;
  }

  #lock() {
    const after = lockAfterMinutes();
    return html`<div class="gap"></div><section class="sheet stack"><div class="head"><h2>${t('PIN lock')}</h2></div>
      <form class="stack" novalidate @submit=${(/** @type {Event} */ event) => this.#savePin(event)}>
        <div class="field"><label for="pin">${this.#hasPin ? t('New PIN, 4 to 6 digits') : t('PIN, 4 to 6 digits')}</label>
          <div class="field-row"><input class="input" id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="6" aria-describedby="pin-fault" aria-invalid=${this.#faults.pin ? 'true' : 'false'}>
          <button class="btn" aria-busy=${this.#busy === 'pin'}>${this.#hasPin ? t('Change') : t('Set')}</button></div>
          ${faultLine('pin', this.#faults.pin)}</div></form>
      ${this.#hasPin ? html`${pick('lock', t('Lock when out of sight for'), [...LOCK_CHOICES.map((minutes) => /** @type {[string, string]} */ ([String(minutes), t('{count} min', { count: minutes })])), ['', t('Never')]],
          after ? String(after) : '', (chosen) => { setLockAfterMinutes(Number(chosen) || null); this.requestUpdate(); })}
        <button class="btn btn-wide" @click=${() => { lockNow(); this.dispatchEvent(new CustomEvent('locked', { bubbles: true })); }}>${icon('lock')}${t('Lock now')}</button>` : nothing}
      <p class="cap">${t('The PIN keeps curious hands out. It does not encrypt what is stored.')}</p></section>`;
  }

  #phone() {
    const { build } = document.documentElement.dataset;
    const used = this.#quota ? sizeWords(this.#quota.used_bytes) : null;
    const free = this.#quota ? sizeWords(this.#quota.free_bytes) : null;
    return html`<div class="gap"></div><section class="sheet stack"><div class="head"><h2>${t('This phone')}</h2></div>
      <form class="stack" novalidate @submit=${(/** @type {Event} */ event) => this.#rename(event)}>
        <div class="field"><label for="device">${t('Name in the office’s list')}</label>
          <div class="field-row"><input class="input" id="device" name="device" maxlength=${NAME_MOST} autocomplete="off" .value=${this.#deviceName} placeholder=${t('e.g. Store phone 07')} aria-describedby="device-fault" aria-invalid=${this.#faults.device ? 'true' : 'false'}>
          <button class="btn" aria-busy=${this.#busy === 'device'}>${t('Save')}</button></div>
          ${faultLine('device', this.#faults.device)}</div></form>
      <dl class="facts">
        ${used && free ? html`<dt>${t('Storage')}</dt><dd>${t('{used} used, {free} free', { used: `${used.amount} ${used.unit}`, free: `${free.amount} ${free.unit}` })}</dd>` : nothing}
        <dt>${t('Kept')}</dt><dd>${this.#kept ? t('The browser keeps the records of this app.') : t('The browser may clear records when space runs short. Put the app on the home screen to avoid that.')}</dd>
        <dt>${t('Version')}</dt><dd class="nb">${build || '–'}</dd>
      </dl></section>`;
  }

  #leave() {
    const { pending, photos } = status();
    const count = pending + photos;
    return html`<div class="gap"></div><section class="sheet stack"><div class="head"><h2>${t('Account')}</h2></div>
      <a class="btn btn-wide" href="/account">${icon('shield')}${t('My password, sign-ins and devices')}</a>
      ${troubleNote(this.#signOutTrouble)}
      ${count ? html`<p class="note note-wait">${icon('smartphone')}<span><strong>${t('Signing out waits: {count} only on this phone.', { count })}</strong> ${t('They are safe. Send them first; then sign out.')}</span></p><a class="btn btn-wide" href="#/outbox">${t('To “To send”')}</a>` : nothing}
      <button class="btn btn-risk btn-wide" aria-busy=${this.#busy === 'leave'} @click=${() => this.#signOut()}>${icon('log-out')}${t('Sign out')}</button>
      <p class="cap">${t('After signing out your jobs are removed from this phone. Everything is on the server.')}</p></section>`;
  }

  /** @param {string} key @param {string} value */
  async #keep(key, value) {
    await this.app.store.setMeta(key, value).catch((error) => announce(errorWords(error)));
    await this.reread();
  }

  /** Kept here and told to the server; only its yes counts. @param {boolean} shared */
  async #share(shared) {
    await this.app.store.setMeta('shares', { shared, said_ms: nowMs() }).catch((error) => announce(errorWords(error)));
    void syncNow();
    await this.reread();
  }

  /** What was said about the position and is not so yet. */
  #waiting() {
    if (!this.#wish || this.#wish.told) return nothing;
    return html`<p class="note note-wait">${icon('smartphone')}<span>${this.#wish.shared ? t('Not agreed yet: this waits for a connection.') : t('Not taken back yet: this waits for a connection. It goes before anything else.')}</span></p>`;
  }

  /** @param {Event} event */
  #savePin(event) {
    return this.#change(event, 'pin', async (pin) => {
      if (pinFault(pin)) return pinFault(pin);
      await setPin(pin);
      announce(t('The PIN is set.'));
      return '';
    });
  }

  /** @param {Event} event */
  #rename(event) {
    return this.#change(event, 'device', async (name) => {
      if (!name.trim()) return t('Please enter a name.');
      await this.app.store.setMeta('device_name', await renameDevice(this.app.store, name.trim()));
      announce(t('Saved'));
      return '';
    });
  }

  /**
   * One field, one button: says beside the field what is wrong.
   * @param {Event} event
   * @param {string} field
   * @param {(value: string) => Promise<string>} act what is wrong, or ''
   */
  async #change(event, field, act) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    this.#busy = field;
    this.requestUpdate();
    const fault = await act(String(new FormData(form).get(field) ?? '')).catch(errorWords);
    this.#faults = { ...this.#faults, [field]: fault };
    this.#busy = '';
    if (!fault && field === 'pin') form.reset();
    await this.reread();
    if (fault) /** @type {HTMLElement | null} */ (form.elements.namedItem(field))?.focus();
  }

  async #signOut() {
    this.#busy = 'leave';
    this.requestUpdate();
    try {
      await signOut();
      this.dispatchEvent(new CustomEvent('left', { bubbles: true }));
    } catch (error) {
      const isStorage = error instanceof AppError && error.code.startsWith('storage_');
      this.#signOutTrouble = isStorage ? t('The phone\'s storage is full or does not answer, so customers\' data could not be taken off it: it is still here, and so are you. Make room and sign out again.') : errorWords(error);
    }
    this.#busy = '';
    this.requestUpdate();
  }
}

customElements.define('me-screen', MeScreen);
