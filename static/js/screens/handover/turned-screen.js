import { html, nothing } from '#vendor/lit.js';
import { canonical } from '#app/core/canonical.js';
import { nowMs } from '#app/core/clock.js';
import { day, dayOf, t, time } from '#app/core/i18n.js';
import { lockNow, unlock } from '#app/device/lock.js';
import { turnBack } from '#app/device/turned.js';
import { strokesOf } from '#app/rules/payload.js';
import { isWeak } from '#app/sync/operations/sign_sheet.js';
import { errorWords, faultLine, troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { loadWords } from '#app/ui/words.js';
import { linesDraft } from '#app/screens/handover/lines.js';
import { rateRow } from '#app/screens/handover/rate-row.js';
import { sheetParts } from '#app/screens/handover/sheet-parts.js';
import { outcomeDraft, sheetOf, turnedDraft, writeSheet } from '#app/screens/handover/write-sheet.js';
import '#app/screens/handover/sign-pad.js';
import '#app/screens/pin-form.js';

/**
 * @typedef {import('#app/screens/types.js').JobView} JobView
 * @typedef {import('#app/screens/handover/sign-pad.js').Mark} Mark
 * @typedef {'attitude' | 'efficiency' | 'skill'} Rated
 *
 * @typedef {object} Given what the customer's page began with and what was typed and drawn on it since; survives a killed browser
 * @property {import('#app/screens/handover/write-sheet.js').Language} language
 * @property {'signed' | 'neighbour'} outcome
 * @property {number} [revision]
 * @property {import('#app/types/domain.js').ChargeLine[]} [lines]
 * @property {string} [reason]
 * @property {string} [photo]
 * @property {number} shownMs
 * @property {string} text what was shown, canonical
 * @property {boolean} isRead the end was on the screen
 * @property {string | null} name null: as the job has it
 * @property {string} role
 * @property {Record<Rated, number>} rated 0: not rated
 * @property {string} words
 * @property {Mark | null} mark
 * @property {'page' | 'no' | 'back'} step
 * @property {boolean} disagrees
 * @property {string} no why the customer does not agree
 */

/** @returns {Given} */
function fresh() {
  return {
    language: 'zh', outcome: 'signed', shownMs: nowMs(), text: '', isRead: false, name: null, role: 'customer',
    rated: { attitude: 0, efficiency: 0, skill: 0 }, words: '', mark: null, step: 'page', disagrees: false, no: '',
  };
}

/** The page in the customer's hands: all of it is drawn from one `presented`, in the customer's language, and only the PIN leads away. */
class TurnedScreen extends Screen {
  static properties = { ...Screen.properties, turned: { attribute: false } };

  /** @type {JobView | null} */
  #job = null;
  /** @type {Given | null} */
  #given = null;
  /** @type {Record<string, any>} */
  #shown = {};
  /** Something on the page is another since it was first shown: signed anew. */
  #hasChanged = false;
  #fault = '';
  #busy = false;
  /** @type {Element | null} */
  #host = null;
  /** Sees when the end of the page is on the screen. */
  #end = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting) && !this.#given?.isRead) this.#give({ isRead: true }); });

  constructor() {
    super();
    /** @type {import('#app/device/turned.js').Turned} */
    this.turned = /** @type {any} */ (undefined);
  }

  connectedCallback() {
    super.connectedCallback();
    this.#host = this.closest('fieldservice-app');
  }

  /** The technician's own words again. */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#end.disconnect();
    void loadWords().then(() => this.#host?.dispatchEvent(new CustomEvent('language')));
  }

  get #draft() {
    return turnedDraft(this.turned.job, this.turned.kind);
  }

  async load() {
    const { store } = this.app;
    this.#given ??= { ...fresh(), ...(await store.draft(this.#draft)) };
    await loadWords(/** @type {Given} */ (this.#given).language);
    this.#job = await store.job(this.turned.job);
    const content = await this.app.store.checklistOf(this.#job);
    if (this.#job && !this.#isDone) this.#show(this.#job, content);
  }

  /** What is shown is made anew; where it differs from what was read, it is read and signed again. @param {JobView} job @param {import('#app/types/domain.js').Checklist | null} content */
  #show(job, content) {
    const given = /** @type {Given} */ (this.#given);
    const { language, outcome, revision, lines } = given;
    const make = (/** @type {number} */ shownMs) => sheetOf(this.app, job, content, { kind: this.turned.kind, language, outcome, revision, lines, shownMs });
    this.#shown = make(given.shownMs);
    if (canonical(this.#shown) === given.text) return;
    this.#hasChanged = given.text !== '';
    const shownMs = nowMs();
    this.#shown = make(shownMs);
    this.#give({ revision: this.#shown.revision, shownMs, text: canonical(this.#shown), mark: null, isRead: false });
  }

  /** It is written down: only the way back is left. */
  get #isDone() {
    return Boolean(this.#job?.sheets.some(({ kind, revision }) => kind === this.turned.kind && revision === this.#given?.revision));
  }

  get #name() {
    const { name, outcome } = /** @type {Given} */ (this.#given);
    return name ?? (outcome === 'neighbour' ? '' : this.#shown.customer.name);
  }

  /** Keeps what was given before the next tap. @param {Partial<Given>} part */
  #give(part) {
    this.#given = { .../** @type {Given} */ (this.#given), ...part };
    this.requestUpdate();
    this.app.store.setDraft(this.#draft, this.#given).catch((error) => { this.#fault = errorWords(error); this.requestUpdate(); });
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    super.updated(changed);
    const end = this.querySelector('#sheet-end');
    if (end && !this.#given?.isRead) this.#end.observe(end);
    else this.#end.disconnect();
  }

  render() {
    const given = this.#given;
    if (!given || !this.loaded) return html`<div class="screen turned"><main aria-busy="true"></main></div>`;
    const page = given.step === 'back' ? this.#wayBack() : !this.#job ? this.#away() : this.#isDone ? this.#thanks(this.#job) : given.step === 'no' ? this.#no(given) : this.#page(given, this.#job);
    return html`<div class="screen turned" lang=${given.language === 'en' ? 'en' : 'zh-CN'}>
      <div class="turned-bar" role="region" aria-label=${t('Customer’s page')}>${icon('lock')}<span>${t('Page for the customer. The technician unlocks it.')}</span>${this.#job && !this.#isDone && given.step === 'page' ? this.#languages(given) : nothing}</div>
      ${page}</div>`;
  }

  /** @param {Given} given @param {JobView} job */
  #page(given, job) {
    const { shown_ms, technician } = this.#shown;
    return html`<main tabindex="0">
      <section>
        <h1 tabindex="-1">${this.#title()}</h1>
        <p class="small two">${day(dayOf(shown_ms, job.timezone))} ${time(shown_ms, job.timezone)} · ${t('{name}, badge {number}', { name: technician.name, number: technician.badge_no })}</p>
        ${this.#hasChanged ? html`<p class="note note-wait mt-3" role="status">${icon('info')}<span>${t('Something on this page has changed. Please look at it again before you sign.')}</span></p>` : nothing}
      </section>
      ${sheetParts(this.#shown, this.app, job)}
      ${this.#shown.kind === 'sign_off' && given.outcome === 'signed' ? this.#rating(given) : nothing}
      ${this.#signature(given)}
      <div id="sheet-end" aria-hidden="true"></div>
    </main>
    ${this.#dock(given)}
    ${this.#large()}`;
  }

  #title() {
    const { customer, kind } = this.#shown;
    const name = customer.address_form || customer.name;
    if (this.#given?.outcome === 'neighbour') return t('Please have a look as a witness');
    return kind === 'agreement' ? t('{name}, some extra work needs your consent', { name }) : t('{name}, please look at what was done today', { name });
  }

  /** @param {Given} given */
  #languages({ language }) {
    const other = language === 'zh' ? 'en' : 'zh';
    return html`<button class="btn push" lang=${other} @click=${() => this.#speak(other)}>${other === 'en' ? 'English' : '中文'}</button>`;
  }

  /** Another language is another page: it is read and signed anew. @param {'zh' | 'en'} language */
  async #speak(language) {
    this.#hasChanged = false;
    this.#give({ language, text: '', mark: null, isRead: false });
    await this.reread();
  }

  /** @param {Given} given */
  #rating({ rated, words }) {
    const rate = (/** @type {Rated} */ what, /** @type {string} */ name) => rateRow(what, name, rated[what], what === 'attitude', (value) => this.#give({ rated: { ...rated, [what]: value } }));
    return html`<section><h2>${t('How was the service?')}</h2><div class="stack rates">
      ${rate('attitude', t('Attitude'))}${rate('efficiency', t('Efficiency'))}${rate('skill', t('Skill'))}
      <div class="field"><label for="words">${t('Anything to add?')} <span class="optional">${t('You may leave this empty')}</span></label>
        <textarea class="input" id="words" rows="2" maxlength="500" .value=${words} @input=${(/** @type {Event} */ event) => this.#give({ words: valueOf(event) })}></textarea></div></div></section>`;
  }

  /** @param {Given} given */
  #signature(given) {
    const { role, mark, outcome } = given;
    const roles = { customer: t('The customer'), family: t('Family'), tenant: t('Tenant'), property: t('Property management'), other: t('Somebody else') };
    const isWitness = outcome === 'neighbour';
    return html`<section><h2>${t('Please sign')}</h2>
      <div class="stack">
        <p class="voice">${this.#shown.statement}</p>
        <div class="field"><label for="who">${t('Name of the person signing')}</label>
          <input class="input" id="who" maxlength="60" autocomplete="off" .value=${this.#name} aria-describedby="who-fault" @input=${(/** @type {Event} */ event) => this.#give({ name: valueOf(event), mark: null })}>
          ${faultLine('who', given.name === null || this.#name.trim() ? '' : t('Please write the name.'))}</div>
        ${isWitness ? nothing : html`<div class="field"><label for="role">${t('Signing as')}</label>
          <select class="input" id="role" @change=${(/** @type {Event} */ event) => this.#chooseRole(valueOf(event))}>${Object.entries(roles).map(([code, word]) => html`<option value=${code} ?selected=${role === code}>${word}</option>`)}</select></div>`}
        <div><sign-pad .mark=${mark} .label=${mark ? t('Signature field: signed') : t('Signature field: empty')} @mark=${(/** @type {CustomEvent} */ event) => this.#give({ mark: event.detail })}></sign-pad>
          <div class="line mt-2 sign-line"><button class="btn btn-quiet outdent" ?hidden=${!mark} @click=${() => this.#give({ mark: null })}>${icon('undo-2')}${t('Sign again')}</button><span class="small two push">${t('Above the dashed line')}</span></div>
          ${mark && this.#isWeak(mark) ? html`<p class="small two" role="status">${t('The signature is very short. You may sign again, or leave it if this is how you sign.')}</p>` : nothing}
          <p class="cap">${t('By finger, pen or mouse. If you cannot sign here, hand the phone back: the technician notes it another way.')}</p></div>
        <button class="btn btn-wide" @click=${() => this.#go('back')}>${icon('lock-open')}${t('Hand back without signing')}</button>
      </div></section>`;
  }

  /** Somebody else has another name. @param {string} role */
  #chooseRole(role) {
    const own = this.#shown.customer.name;
    const name = role === 'customer' ? this.#name || own : this.#name === own ? '' : this.#name;
    this.#give({ role, name, mark: null });
  }

  /** @param {Mark} mark */
  #isWeak({ groups, width, height }) {
    return isWeak(strokesOf(groups, width, height));
  }

  /** What is still to be done before signing, and where; null: nothing. @param {Given} given @returns {{words: string, at: string} | null} */
  #missing({ isRead, mark }) {
    if (!isRead) return { words: t('First read to the end, please'), at: '#sheet-end' };
    if (!this.#name.trim()) return { words: t('The name is missing'), at: '#who' };
    return mark ? null : { words: t('The signature is missing'), at: 'sign-pad' };
  }

  /** @param {Given} given */
  #dock(given) {
    const missing = this.#missing(given);
    const words = this.#shown.kind === 'agreement' ? t('I agree, hand back') : t('Confirm and hand back');
    return html`<div class="dock" role="region" aria-label=${t('Next step')}>${troubleNote(this.#fault)}<div class="dock-row">
      ${given.outcome === 'neighbour' ? nothing : html`<button class="btn dock-side" @click=${() => this.#go('no')}>${icon('message-square-warning')}<span>${t('I disagree')}</span></button>`}
      <button class="btn btn-act next" aria-disabled=${missing ? 'true' : nothing} aria-busy=${this.#busy} @click=${() => (missing ? this.#lead(missing.at) : this.#sign())}>${words}<small>${missing?.words ?? (this.#busy ? t('One moment …') : t('It is stored on this phone at once'))}</small></button></div></div>`;
  }

  /** @param {string} at */
  #lead(at) {
    const found = /** @type {HTMLElement | null} */ (this.querySelector(at));
    if (at === '#sheet-end') return [this.querySelector('main'), window].forEach((one) => one?.scrollBy({ top: innerHeight * 0.6 })); // large text: the window scrolls
    found?.scrollIntoView({ block: 'center' });
    return found?.focus({ preventScroll: true });
  }

  async #sign() {
    const given = /** @type {Given} */ (this.#given);
    if (this.#busy || !this.#job || !given.mark) return;
    const { outcome, role, rated, words, reason, photo, mark } = given;
    const isRated = outcome === 'signed' && this.#shown.kind === 'sign_off' && Boolean(rated.attitude || rated.efficiency || rated.skill || words.trim());
    this.#busy = true;
    this.#fault = '';
    this.requestUpdate();
    try {
      await writeSheet(this.app, this.#job, this.#shown, {
        outcome, reason, photo, signer: { name: this.#name.trim(), role: outcome === 'neighbour' ? 'neighbour' : role },
        strokes: strokesOf(mark.groups, mark.width, mark.height), rating: isRated ? /** @type {any} */ ({ ...orNull(rated), words: words.trim() }) : null,
      });
    } catch (error) {
      this.#fault = errorWords(error);
    }
    this.#busy = false;
    await this.reread();
    await this.#focusTitle();
  }

  /** @param {JobView} job */
  #thanks(job) {
    const { kind } = this.turned;
    return html`<main><section class="stack turned-thanks">${icon('circle-check')}
        <h1 tabindex="-1">${t('Thank you!')}</h1>
        <p>${kind === 'agreement' ? t('Your consent is stored. The work may start.') : t('Your signature is stored together with this page.')}</p>
        <p>${t('Please hand the phone back to {name}.', { name: job.lead?.name ?? this.app.person.name })}</p></section></main>
      <div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-act next" @click=${() => this.#go('back')}>${t('Technician: unlock')}<small>${t('With your PIN')}</small></button></div>`;
  }

  /** @param {Given} given */
  #no({ no }) {
    return html`<main tabindex="0"><section class="stack"><h1 tabindex="-1">${t('What do you not agree with?')}</h1>
        <p>${t('Nothing is signed. Your words go to the branch together with this visit.')}</p>
        <div class="field"><label for="no">${t('In your words')} <span class="optional">${t('You may leave this empty')}</span></label>
          <textarea class="input" id="no" rows="5" maxlength="500" .value=${no} @input=${(/** @type {Event} */ event) => this.#give({ no: valueOf(event) })}></textarea></div>
        <button class="btn btn-wide" @click=${() => this.#go('page')}>${t('Back to the page')}</button></section></main>
      <div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-act next" @click=${() => this.#go('back')}>${t('Hand the phone back')}<small>${t('Nothing is signed')}</small></button></div>`;
  }

  #wayBack() {
    return html`<main><section class="stack"><h1 tabindex="-1">${t('Technician: unlock')}</h1>
      <pin-form @right-pin=${() => this.#return()}></pin-form>
      ${this.#isDone ? nothing : html`<button class="btn btn-wide" @click=${() => this.#go('page')}>${t('Back to the page')}</button>`}
      <a class="btn btn-quiet" href="#/sign-in" @click=${lockNow}>${t('Forgot your PIN? Sign in again')}</a></section></main>`;
  }

  /** The job went from this phone meanwhile. */
  #away() {
    return html`<main><section class="stack"><h1 tabindex="-1">${t('This page can no longer be shown.')}</h1><p>${t('Please hand the phone back.')}</p></section></main>
      <div class="dock"><button class="btn btn-act next" @click=${() => this.#go('back')}>${t('Technician: unlock')}</button></div>`;
  }

  #large() {
    const close = (/** @type {Event} */ event) => /** @type {Element} */ (event.target).closest('dialog')?.close();
    return html`<dialog class="sheet-dialog dialog-full" aria-labelledby="large-title" @click=${close}>
      <div class="dialog-head"><h2 id="large-title"></h2><button class="btn btn-icon btn-quiet" aria-label=${t('Close')}>${icon('x')}</button></div><img class="large-photo" alt=""></dialog>`;
  }

  firstUpdated() {
    this.addEventListener('enlarge', (event) => {
      const { small, large, label } = /** @type {CustomEvent} */ (event).detail;
      const dialog = /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
      const picture = /** @type {HTMLImageElement} */ (dialog.querySelector('img'));
      /** @type {HTMLElement} */ (dialog.querySelector('h2')).textContent = label;
      picture.onerror = () => { if (picture.src !== small) picture.src = small; }; // no signal: the small one, larger
      dialog.onclose = () => URL.revokeObjectURL(large);
      Object.assign(picture, { src: large, alt: label });
      dialog.showModal();
    });
  }

  /** @param {Given['step']} step */
  async #go(step) {
    this.#give(step === 'back' ? { step } : { step, disagrees: step === 'no' });
    await this.#focusTitle();
  }

  async #focusTitle() {
    await this.updateComplete;
    if (!this.querySelector('pin-form')) /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus();
  }

  /** The technician has the phone again. */
  async #return() {
    const { app, turned: { job, kind } } = this;
    const { no, disagrees } = /** @type {Given} */ (this.#given);
    const isAgreement = kind === 'agreement';
    const isDone = this.#isDone;
    const refuses = !isDone && disagrees;
    if (refuses) await app.store.setDraft(outcomeDraft(job, kind, 'refused'), { reason: no.trim(), since_ms: nowMs() }).catch(() => {});
    await app.store.setMeta('turned', null);
    unlock();
    turnBack();
    await app.store.setDraft(this.#draft, undefined).catch(() => {});
    if (isDone && isAgreement) await app.store.setDraft(linesDraft(job, 'extra'), undefined).catch(() => {});
    await loadWords();
    const part = isDone && !isAgreement ? 'closing' : `${isAgreement ? 'charges' : 'handover'}${refuses ? '/refused' : ''}`;
    location.replace(`#/job/${job}/${part}`);
    this.#host?.dispatchEvent(new CustomEvent('turned'));
  }
}

/** @param {Event} event */
function valueOf(event) {
  return /** @type {HTMLInputElement} */ (event.target).value;
}

/** @param {Record<Rated, number>} rated */
function orNull(rated) {
  return Object.fromEntries(Object.entries(rated).map(([what, value]) => [what, value || null]));
}

customElements.define('turned-screen', TurnedScreen);
