import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { lang, t, time } from '#app/core/i18n.js';
import { counts } from '#app/rules/visit.js';
import { announce } from '#app/ui/announce.js';
import { errorWords, faultLine, troubleNote } from '#app/ui/errors.js';
import { LightElement } from '#app/ui/light-element.js';
import '#app/ui/photo-slot.js';
import { topBar } from '#app/screens/frame.js';
import { customerOf } from '#app/screens/job-words.js';
import { outcomeDraft, sheetOf, turnTo, writeSheet } from '#app/screens/handover/write-sheet.js';
import '#app/screens/handover/pin-question.js';

const MOST = 500; // characters of a reason

/** How a visit ends without the customer's own signature on the screen: in words, with a photo, never faked. */
class OutcomeForm extends LightElement {
  static properties = {
    app: { attribute: false }, job: { attribute: false }, kind: { attribute: false }, outcome: { attribute: false }, lines: { attribute: false }, language: { attribute: false },
    said: { state: true }, faults: { state: true }, asksPin: { state: true }, trouble: { state: true }, busy: { state: true },
  };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').JobView} */
    this.job = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/handover/write-sheet.js').Kind} */
    this.kind = 'sign_off';
    /** @type {'refused' | 'absent' | 'neighbour' | 'paper'} */
    this.outcome = 'refused';
    /** Of an agreement. @type {import('#app/types/domain.js').ChargeLine[]} */
    this.lines = [];
    /** The customer's. @type {import('#app/screens/handover/write-sheet.js').Language} */
    this.language = 'zh';
    /** since_ms: a photo from before has nothing to do with it */
    this.said = { reason: '', since_ms: nowMs() };
    /** @type {{reason?: string, photo?: string}} */
    this.faults = {};
    this.trouble = '';
    this.busy = false;
    this.asksPin = false;
  }

  get #draft() {
    return outcomeDraft(this.job.id, this.kind, this.outcome);
  }

  get #back() {
    return `#/job/${this.job.id}/${this.kind === 'agreement' ? 'charges' : 'handover'}`;
  }

  async connectedCallback() {
    super.connectedCallback();
    const draft = await this.app.store.draft(this.#draft).catch(() => undefined);
    if (draft && !this.said.reason) this.said = { ...this.said, ...draft };
    else if (!draft) this.#keep();
  }

  render() {
    const words = this.#words();
    const photo = this.outcome === 'paper' ? 'paper' : 'during';
    return html`<div class="screen">
      ${topBar({ back: this.#back, title: words.title })}
      <main tabindex="0"><form class="sheet form-sheet" id="outcome-form" novalidate @submit=${(/** @type {Event} */ event) => this.#submit(event)}>
        <p class="small two">${customerOf(this.job)} · <span class="nb">${this.job.number}</span></p>
        <p class="small">${words.lead}</p>
        ${troubleNote(this.trouble)}
        ${words.label ? this.#reason(words) : nothing}
        <div class="stack-s" id="photo" tabindex="-1"><h2 class="strong small">${words.shows}</h2>
          <photo-slot .app=${this.app} .job=${this.job} .item=${''} .purpose=${photo} .least=${this.#least} .label=${words.shows}></photo-slot>
          ${faultLine('photo', this.#photo ? '' : this.faults.photo)}</div>
        <p class="cap">${t('What you type stays on this phone, also when you leave this page.')}</p>
      </form></main>
      ${this.asksPin ? html`<pin-question class="dock" role="region" aria-label=${t('Next step')} @chosen=${() => this.#submit()} @cancelled=${() => { this.asksPin = false; }}></pin-question>`
        : html`<div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-act next" form="outcome-form" aria-busy=${this.busy}>${words.button}<small>${this.busy ? t('Writing down …') : words.records}</small></button></div>`}
    </div>`;
  }

  #words() {
    const at = t('Records {time}, signed by this phone', { time: time(nowMs(), this.job.timezone) });
    switch (this.outcome) {
      case 'refused': return {
        title: t('The customer does not sign'), lead: t('Please do not argue. Write down what the customer says; the office sees it and takes it up.'), label: t('Why?'),
        suggestions: [t('Not satisfied with the work'), t('Does not agree with the amount'), t('Does not want to sign on a phone')],
        shows: t('A photo of the work as it is now'), button: t('Record: not signed'), records: at };
      case 'absent': return {
        title: t('Nobody can sign'), lead: t('The work is done, but the customer is not there to sign. The office sees it at once.'), label: t('What happened?'),
        suggestions: [t('The customer had to leave'), t('Only a child was at home')],
        shows: t('A photo of the work as it is now'), button: t('Record: customer absent'), records: at };
      case 'neighbour': return {
        title: t('A neighbour signs'), lead: t('The neighbour is only a witness and agrees to no charges. The page says so.'), label: t('Why does the customer not sign?'),
        suggestions: [t('The customer had to leave'), t('The customer asked a neighbour by phone')],
        shows: t('A photo of the work as it is now'), button: t('Turn to the neighbour'), records: t('Your PIN brings the phone back') };
      default: return {
        title: t('Signed on paper'), lead: this.job.stops_supply
          ? t('This work stops water, heat or gas. By law the customer signs it on paper, not on the screen.') : t('The customer signed the paper form.'), label: '', suggestions: [],
        shows: t('A photo of the whole signed paper, easy to read'), button: t('Record: signed on paper'), records: at };
    }
  }

  /** @param {{label: string, suggestions: string[]}} words */
  #reason({ label, suggestions }) {
    return html`<div class="field"><label for="reason">${label}</label>
      <textarea class="input" id="reason" rows="4" maxlength=${MOST} .value=${this.said.reason} aria-invalid=${this.faults.reason ? 'true' : nothing} aria-describedby="reason-fault"
        @input=${(/** @type {Event} */ event) => this.#say(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea>
      ${faultLine('reason', this.faults.reason)}
      <div class="suggestions">${suggestions.map((words) => html`<button type="button" class="btn btn-soft" @click=${() => this.#say([this.said.reason.trim(), words].filter(Boolean).join(lang() === 'zh' ? '；' : '; '))}>${words}</button>`)}</div></div>`;
  }

  /** @param {string} reason */
  #say(reason) {
    this.said = { ...this.said, reason };
    this.faults = {};
    this.#keep();
  }

  #keep() {
    this.app.store.setDraft(this.#draft, this.said).catch((error) => { this.trouble = errorWords(error); });
  }

  /** What shows it: the last photo taken for it; of a paper any of this visit that shows no earlier one. */
  get #photo() {
    const slot = this.outcome === 'paper' ? 'paper' : 'during';
    const since_ms = slot === 'paper' ? this.#papersUntil : this.said.since_ms;
    return this.job.photos.findLast((photo) => photo.run === this.job.run && photo.slot === slot && counts(photo) && photo.at_ms >= since_ms);
  }

  /** When the last paper was recorded: photos from before show that one. */
  get #papersUntil() {
    return Math.max(0, ...this.job.sheets.filter(({ outcome }) => outcome === 'paper').map(({ at_ms }) => at_ms));
  }

  /** Photos there must be in all. */
  get #least() {
    const { photos, run } = this.job;
    return this.outcome === 'paper' ? photos.filter((photo) => photo.run === run && photo.slot === 'paper' && counts(photo) && photo.at_ms < this.#papersUntil).length + 1 : 1;
  }

  /** @param {Event} [event] */
  async #submit(event) {
    event?.preventDefault();
    if (this.busy) return;
    const reason = this.said.reason.trim();
    const photo = this.#photo?.sha256;
    this.faults = { ...(this.outcome !== 'paper' && !reason ? { reason: t('Please say why.') } : {}), ...(photo ? {} : { photo: t('Please take a photo.') }) };
    if (!photo || Object.keys(this.faults).length) return void this.#focus();
    this.busy = true;
    try {
      await this.#confirm(reason, photo);
    } catch (error) {
      this.trouble = errorWords(error);
    }
    this.busy = false;
  }

  /** @param {string} reason @param {string} photo */
  async #confirm(reason, photo) {
    const { app, job, kind, outcome, lines, language } = this;
    if (outcome === 'neighbour') {
      this.asksPin = !(await turnTo(this, app, job, kind, { language, outcome, reason, photo }));
      return;
    }
    const shown = sheetOf(app, job, await app.store.checklistOf(job), { kind, language, outcome, lines });
    await writeSheet(app, job, shown, { outcome, reason, photo });
    await app.store.setDraft(this.#draft, undefined).catch(() => {});
    announce(t('Saved on this phone'));
    location.replace(kind === 'agreement' ? this.#back : `#/job/${job.id}/closing`);
  }

  async #focus() {
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector('[aria-invalid], #photo'))?.focus();
  }
}

customElements.define('outcome-form', OutcomeForm);
