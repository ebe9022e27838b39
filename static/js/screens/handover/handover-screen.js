import { html, nothing } from '#vendor/lit.js';
import { t, time } from '#app/core/i18n.js';
import { reasonText } from '#app/core/reasons.js';
import { nextRevision } from '#app/rules/presented.js';
import { errorWords, troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { syncLine, topBar } from '#app/screens/frame.js';
import { unsentMark } from '#app/screens/job-card.js';
import { customerOf } from '#app/screens/job-words.js';
import { isLed } from '#app/screens/today-plan.js';
import { inWords, leftOf, signOff } from '#app/screens/checklist/visit-view.js';
import { sheetWords } from '#app/screens/checklist/visit-words.js';
import { nextItem } from '#app/screens/checklist/missing-list.js';
import { sheetParts } from '#app/screens/handover/sheet-parts.js';
import { withoutJob } from '#app/screens/without-job.js';
import { sheetOf, turnTo } from '#app/screens/handover/write-sheet.js';
import '#app/screens/handover/outcome-form.js';
import '#app/screens/handover/pin-question.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

const SHOWN = 3; // of what is missing; the closing page has all
const OUTCOMES = ['refused', 'absent', 'neighbour', 'paper'];

/** Before the phone is turned: what will be shown and in which language, what is missing, and the other ways a visit can end. */
class HandoverScreen extends Screen {
  /** @type {JobView | null} */
  #job = null;
  /** @type {import('#app/types/domain.js').Checklist | null} */
  #content = null;
  /** @type {import('#app/screens/handover/write-sheet.js').Language} */
  #language = 'zh';
  #trouble = '';
  #busy = false;
  #asksPin = false;
  #signsAgain = false;

  async load() {
    this.#job = await this.app.store.job(this.route.id);
    this.#content = await this.app.store.checklistOf(this.#job);
    this.#language = (await this.app.store.meta(`customer_language:${this.route.id}`)) ?? 'zh';
  }

  render() {
    const job = this.#job;
    if (!job) return withoutJob(this);
    if (OUTCOMES.includes(this.route.at)) return html`<outcome-form .app=${this.app} .job=${job} .kind=${'sign_off'} .outcome=${this.route.at} .language=${this.#language}></outcome-form>`;
    const isOpen = isLed(job, this.app.person.id) && !job.handedOver && ['arrived', 'working'].includes(job.state);
    return html`<div class="screen">
      ${topBar({ back: `#/job/${job.id}`, backWord: t('Back to the job'), title: t('Hand over to {name}', { name: customerOf(job) }) })}
      ${syncLine(this.app)}
      <main tabindex="0">
        ${this.#trouble ? html`<section>${troubleNote(this.#trouble)}</section>` : nothing}
        ${this.#standing(job, isOpen)}
        ${isOpen ? this.#missing(job) : nothing}
        ${isOpen && !job.stops_supply && !this.#isSigned(job) ? this.#choice() : nothing}
        ${isOpen && !this.#isSigned(job) ? this.#ways(job) : nothing}
        <div class="gap"></div>
        ${this.#preview(job)}
        <div class="gap"></div>
      </main>
      ${isOpen ? this.#dock(job) : nothing}
    </div>`;
  }

  /** What came of earlier sheets. @param {JobView} job @param {boolean} isOpen */
  #standing(job, isOpen) {
    const sheets = job.sheets.filter(({ kind }) => kind === 'sign_off');
    if (!sheets.length) return isOpen ? nothing : html`<section><p class="note">${icon('info')}<span>${['finished', 'unfinished', 'absent', 'cancelled'].includes(job.state) ? t('The visit has ended without a signature.') : !isLed(job, this.app.person.id) ? t('The lead does this with the customer.') : t('The customer signs on site, after you arrived.')}</span></p></section>`;
    const last = sheets[sheets.length - 1];
    const holds = last.state === 'valid' && last.current;
    return html`<section class="stack-s"><p class="note ${holds ? 'note-act' : 'note-wait'}">${icon(holds ? 'circle-check' : 'message-square-warning')}<span><strong>${sheetWords(last, job.timezone)}</strong> ${last.unsent ? unsentMark() : nothing}<br>
      ${last.state === 'quarantined' ? reasonText(last.fault) : holds ? t('If charges, photos or answers change after this, a new signature is needed (number {number}).', { number: nextRevision(job, 'sign_off') }) : t('What was shown has changed since. Please have it signed again (number {number}).', { number: nextRevision(job, 'sign_off') })}</span></p></section>`;
  }

  /** What is missing; the signature comes last. @param {JobView} job */
  #open(job) {
    return leftOf(job, this.#content).filter(({ type }) => type !== 'signature');
  }

  /** Nothing was done at the customer's, and nothing said why: then nobody is asked to sign. @param {JobView} job */
  #isEmpty(job) {
    const { done, of, not_done } = this.#shown(job).checklist;
    return of > 0 && !done && !not_done.some((/** @type {{why: string}} */ { why }) => why);
  }

  /** @param {JobView} job */
  #missing(job) {
    const open = this.#open(job);
    if (!open.length) return nothing;
    return html`${this.#isEmpty(job) ? html`<section><p class="note note-wait">${icon('info')}<span>${t('No step of the visit is recorded yet: there is nothing the customer could sign.')}</span></p></section>` : nothing}
    <section class="sheet px-0 pb-0"><div class="head px"><h2>${t('Still missing before the end')}</h2><span class="two">${open.length}</span></div>
      <div class="rows">${open.slice(0, SHOWN).map((item) => html`<a class="row" href="#/job/${job.id}/visit/${item.key}">${icon('circle-alert')}<span>${inWords(item.words)}</span>${icon('chevron-right')}</a>`)}${open.length > SHOWN ? html`<a class="row" href="#/job/${job.id}/closing">${icon('list-checks')}<span>${t('See all {count}', { count: open.length })}</span>${icon('chevron-right')}</a>` : nothing}</div></section><div class="gap"></div>`;
  }

  #choice() {
    const choice = (/** @type {'zh' | 'en'} */ code, /** @type {string} */ word) => html`<label lang=${code === 'en' ? 'en' : 'zh-CN'}><input type="radio" name="language" .checked=${this.#language === code} @change=${() => this.#speak(code)}>${icon('check')}${word}</label>`;
    return html`<section class="sheet"><div class="head"><h2>${t('Customer’s language')}</h2></div>
      <div class="pick pick-two" role="radiogroup" aria-label=${t('Customer’s language')}>${choice('zh', '中文')}${choice('en', 'English')}</div></section><div class="gap"></div>`;
  }

  /** @param {'zh' | 'en'} language */
  async #speak(language) {
    this.#language = language;
    this.requestUpdate();
    await this.app.store.setMeta(`customer_language:${this.route.id}`, language).catch((error) => { this.#trouble = errorWords(error); });
  }

  /** @param {JobView} job */
  #ways(job) {
    const way = (/** @type {string} */ part, /** @type {string} */ sign, /** @type {string} */ words, /** @type {string} */ small) => html`
      <a class="row" href="#/job/${job.id}/handover/${part}">${icon(sign)}<span><strong>${words}</strong><br><span class="small two">${small}</span></span>${icon('chevron-right')}</a>`;
    const all = !job.stops_supply;
    const some = all && !this.#isEmpty(job);
    return html`${all ? nothing : html`<section><p class="note note-wait">${icon('file-text')}<span><strong>${t('On paper only')}</strong><br>${t('This work stops water, heat or gas. By law the customer signs it on paper, not on the screen.')}</span></p></section>`}
    <section class="sheet px-0 pb-0"><div class="head px"><h2>${t('If the customer cannot sign here')}</h2></div><div class="rows">
      ${way('refused', 'message-square-warning', t('The customer does not want to sign'), t('Reason and photo'))}
      ${way('absent', 'user-round-x', t('The customer has left'), t('Reason and photo'))}
      ${some ? way('neighbour', 'users', t('A neighbour signs as a witness'), t('Reason, photo and the neighbour’s signature')) : nothing}
      ${some ? way('paper', 'file-text', t('Signed on paper'), t('Photo of the paper')) : nothing}</div></section>`;
  }

  /** @param {JobView} job */
  #shown(job) {
    return sheetOf(this.app, job, this.#content, { kind: 'sign_off', language: this.#language, outcome: job.stops_supply ? 'paper' : 'signed' });
  }

  /** @param {JobView} job */
  #preview(job) {
    const shown = this.#shown(job);
    return html`<div class="sheet sheet-preview"><section><div class="head"><h2>${t('What the customer will see')}</h2><span class="two">${t('as of {time}', { time: time(shown.shown_ms, job.timezone) })}</span></div></section>
      ${sheetParts(shown, this.app, job)}</div>`;
  }

  /** What holds is enough, unless it shall be signed once more. @param {JobView} job */
  #isSigned(job) {
    return !this.#signsAgain && signOff(job) !== null;
  }

  /** @param {JobView} job */
  #dock(job) {
    if (this.#isSigned(job)) return html`<div class="dock" role="region" aria-label=${t('Next step')}><div class="dock-row">
      <button class="btn dock-side" @click=${() => { this.#signsAgain = true; this.requestUpdate(); }}>${icon('signature')}<span>${t('Sign again')}</span></button>
      <a class="btn btn-act next" href="#/job/${job.id}/closing">${t('Continue')}<small>${t('The sign-off holds')}</small></a></div></div>`;
    const [first] = this.#isEmpty(job) ? this.#open(job) : [];
    if (first) return html`<div class="dock" role="region" aria-label=${t('Next step')}>${nextItem(job.id, first)}</div>`;
    if (this.#asksPin) return html`<pin-question class="dock" role="region" aria-label=${t('Next step')} @chosen=${() => this.#turn(job)} @cancelled=${() => { this.#asksPin = false; this.requestUpdate(); }}></pin-question>`;
    return html`<div class="dock" role="region" aria-label=${t('Next step')}>${job.stops_supply
      ? html`<a class="btn btn-act next" href="#/job/${job.id}/handover/paper">${t('Signed on paper')}<small>${t('Take a photo of the paper')}</small></a>`
      : html`<button class="btn btn-act next" aria-busy=${this.#busy} @click=${() => this.#turn(job)}>${t('Turn to the customer')}<small>${t('Your PIN brings the phone back')}</small></button>`}</div>`;
  }

  /** @param {JobView} job */
  async #turn(job) {
    if (this.#busy) return;
    this.#busy = true;
    this.#trouble = '';
    try {
      this.#asksPin = !(await turnTo(this, this.app, job, 'sign_off', { language: this.#language, outcome: 'signed' }));
    } catch (error) {
      this.#trouble = errorWords(error);
    }
    this.#busy = false;
    this.requestUpdate();
  }
}

customElements.define('handover-screen', HandoverScreen);
