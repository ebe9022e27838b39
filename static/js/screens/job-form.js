import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { dayOf, t, time } from '#app/core/i18n.js';
import { announce } from '#app/ui/announce.js';
import { errorWords, faultLine, troubleNote } from '#app/ui/errors.js';
import { LightElement } from '#app/ui/light-element.js';
import '#app/ui/photo-slot.js';
import { incidentKinds } from '#app/screens/checklist/visit-words.js';
import { topBar } from '#app/screens/frame.js';
import { blank, faultsOf, limitOf, promiseOf } from '#app/screens/job-form-rules.js';
import { lastStep } from '#app/screens/job-history.js';
import { customerOf, stepWord } from '#app/screens/job-words.js';
import { recordStep } from '#app/screens/take-step.js';

/** @typedef {import('#app/screens/job-form-rules.js').Said} Said */

/** A note, an incident, or a step that needs words. What is typed is kept on this phone at every key, until it is written down or cleared. */
class JobForm extends LightElement {
  static properties = {
    app: { attribute: false }, job: { attribute: false }, form: { attribute: false }, from: { attribute: false },
    said: { state: true }, faults: { state: true }, trouble: { state: true }, busy: { state: true },
  };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').JobView} */
    this.job = /** @type {any} */ (undefined);
    /** @type {string} */
    this.form = /** @type {any} */ (undefined);
    /** The part of the job the person came from; '': its page. */
    this.from = '';
    /** @type {Said} */
    this.said = blank();
    /** @type {import('#app/screens/job-form-rules.js').Faults} */
    this.faults = {};
    this.trouble = '';
    this.busy = false;
  }

  async connectedCallback() {
    super.connectedCallback();
    const draft = await this.app.store.draft(this.#draftKey).catch(() => undefined);
    // A fast thumb may have typed while the draft was read; then the thumb is right.
    if (draft && !this.said.text) this.said = { ...blank(), ...draft };
  }

  get #draftKey() {
    return `${this.form}:${this.job.id}`;
  }

  get #back() {
    return ['#/job', this.job.id, this.from].filter(Boolean).join('/');
  }

  render() {
    const words = this.#words();
    return html`<div class="screen">
      ${topBar({ back: this.#back, backWord: t('Back to the job'), title: words.title })}
      <main tabindex="0"><form class="sheet form-sheet" id="job-form" novalidate @submit=${(/** @type {Event} */ event) => this.#submit(event)}>
        <p class="small two">${customerOf(this.job)} · <span class="nb">${this.job.number}</span></p>
        ${words.lead ? html`<p class="small">${words.lead}</p>` : nothing}
        ${troubleNote(this.trouble)}
        ${this.form === 'incident' ? this.#kinds() : nothing}
        ${this.#text(words)}
        ${this.form === 'incident' ? html`<div class="stack-s"><p class="strong small">${t('Photos of it')}</p><photo-slot .app=${this.app} .job=${this.job} .purpose=${'damage'} .label=${t('Photos of it')}></photo-slot></div>` : nothing}
        ${this.form === 'cannot-finish' ? this.#promise() : nothing}
        <p class="cap">${t('What you type stays on this phone, also when you leave this page.')}</p>
      </form></main>
      <div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-act next" form="job-form" aria-busy=${this.busy}>${words.button}<small>${words.records}</small></button></div>
    </div>`;
  }

  #words() {
    const at = { time: time(nowMs(), this.job.timezone) };
    const last = lastStep(this.job);
    switch (this.form) {
      case 'cannot-finish':
        return { title: t('Cannot finish today'), lead: '', label: t('Why can it not be finished?'), suggestions: [t('A part is missing'), t('More damage than reported'), t('The customer needs to decide')], button: t('Record: not finished'), records: t('Records {time}; the office sees it', at) };
      case 'absent':
        return { title: t('Nobody at home'), lead: '', label: t('What did you try?'), suggestions: [t('Knocked and called, no answer'), t('The customer asked for another day by phone'), t('Wrong address')], button: t('Record: customer absent'), records: t('Records {time}; the office calls the customer', at) };
      case 'incident':
        return { title: t('Record an incident'), lead: '', label: t('In your words: what, where, who was there'), suggestions: [], button: t('Record the incident'), records: t('Records {time}; the office sees it', at) };
      case 'take-back':
        return { title: t('Take back the last step'), lead: last ? t('Takes back “{step}” of {time}. Both stay in the record.', { step: stepWord(last.step), time: time(last.at_ms, this.job.timezone) }) : t('There is no step to take back.'), label: t('Why?'), suggestions: [t('Tapped by mistake'), t('The plan has changed')], button: t('Take back'), records: t('Records {time} with your reason', at) };
      default:
        return { title: t('Write a note'), lead: '', label: t('Note for the office and the crew'), suggestions: [], button: t('Save the note'), records: t('Saved on this phone, sent by itself') };
    }
  }

  /** @param {{label: string, suggestions: string[]}} words */
  #text({ label, suggestions }) {
    const fault = this.faults.text;
    const left = limitOf(this.form) - [...this.said.text].length;
    return html`<div class="field"><label for="text">${label}</label>
      <textarea class="input" id="text" rows=${this.form === 'note' ? 8 : 4} .value=${this.said.text} aria-invalid=${fault ? 'true' : nothing}
        aria-describedby="text-fault text-left" @input=${this.#typed('text')}></textarea>
      ${this.#fault('text')}
      <p class="cap" id="text-left">${left < 100 ? t('Characters left: {count}', { count: left }) : nothing}</p>
      ${suggestions.length ? html`<div class="suggestions">${suggestions.map((words) => html`<button type="button" class="btn btn-soft" @click=${() => this.#say({ text: [this.said.text.trim(), words].filter(Boolean).join('; ') })}>${words}</button>`)}</div>` : nothing}
    </div>`;
  }

  #kinds() {
    return html`<fieldset class="stack-s" aria-describedby="kind-fault"><legend class="strong small">${t('What happened?')}</legend>
      <div class="stack-s" id="kind" tabindex="-1">${Object.entries(incidentKinds()).map(([kind, words]) => this.#choice('kind', kind, words))}</div>
      ${this.#fault('kind')}</fieldset>`;
  }

  /** @param {'kind' | 'promise'} field @param {string} value @param {string} words */
  #choice(field, value, words) {
    return html`<label class="option"><input type="radio" name=${field} value=${value} .checked=${this.said[field] === value} aria-describedby="${field}-fault" @change=${() => this.#say({ [field]: value })}><span>${words}</span></label>`;
  }

  #promise() {
    const { promise, date, clock, no_promise } = this.said;
    return html`<fieldset class="stack-s" aria-describedby="promise-fault"><legend class="strong small">${t('When do we come again?')}</legend>
      <div class="stack-s" id="promise" tabindex="-1">${this.#choice('promise', 'agreed', t('A next time was agreed with the customer'))}${this.#choice('promise', 'none', t('No time could be agreed'))}</div>
      ${this.#fault('promise')}
      ${promise === 'agreed' ? html`<div class="when-fields">
        <div class="field"><label for="date">${t('Date')}</label><input class="input" id="date" type="date" min=${dayOf(nowMs(), this.job.timezone)} .value=${date} aria-invalid=${this.faults.date ? 'true' : nothing} aria-describedby="date-fault" @input=${this.#typed('date')}>${this.#fault('date')}</div>
        <div class="field"><label for="clock">${t('Time')}</label><input class="input" id="clock" type="time" step="300" .value=${clock} aria-invalid=${this.faults.clock ? 'true' : nothing} aria-describedby="clock-fault" @input=${this.#typed('clock')}>${this.#fault('clock')}</div></div>` : nothing}
      ${promise === 'none' ? html`<div class="field"><label for="no_promise">${t('Why not?')}</label><textarea class="input" id="no_promise" rows="3" .value=${no_promise} aria-invalid=${this.faults.no_promise ? 'true' : nothing} aria-describedby="no_promise-fault" @input=${this.#typed('no_promise')}></textarea>${this.#fault('no_promise')}</div>` : nothing}
    </fieldset>`;
  }

  /** @param {keyof Said} field */
  #fault(field) {
    return faultLine(field, this.faults[field]);
  }

  /** @param {keyof Said} field */
  #typed(field) {
    return (/** @type {Event} */ event) => this.#say({ [field]: /** @type {HTMLInputElement} */ (event.target).value });
  }

  /** @param {Partial<Said>} change */
  #say(change) {
    this.said = { ...this.said, ...change };
    for (const field of Object.keys(change)) delete this.faults[/** @type {keyof Said} */ (field)];
    this.app.store.setDraft(this.#draftKey, this.said).catch((error) => { this.trouble = errorWords(error); });
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.busy) return;
    this.faults = faultsOf(this.form, this.said, { nowMs: nowMs(), zone: this.job.timezone });
    const wrong = Object.keys(this.faults)[0];
    if (wrong) return void this.#focus(wrong);
    this.busy = true;
    try {
      await this.#confirm();
      await this.app.store.setDraft(this.#draftKey, undefined).catch(() => {});
      announce(t('Saved on this phone'));
      location.replace(this.#back);
    } catch (error) {
      this.trouble = errorWords(error);
    }
    this.busy = false;
  }

  #confirm() {
    const { app, job, said } = this;
    const reason = said.text.trim();
    if (this.form === 'note') return app.store.confirm('add_note', job.id, { text: reason });
    if (this.form === 'incident') return app.store.confirm('report_incident', job.id, { kind: said.kind, words: reason });
    if (this.form === 'take-back') return app.store.confirm('take_back_step', job.id, { step_id: lastStep(job)?.id ?? '', reason });
    if (this.form === 'absent') return recordStep(app.store, job, { step: 'customer_absent', reason });
    return recordStep(app.store, job, { step: 'cannot_finish', reason, ...promiseOf(said, job.timezone) });
  }

  /** @param {string} id */
  async #focus(id) {
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(`#${id} input, #${id}`))?.focus();
  }
}

customElements.define('job-form', JobForm);
