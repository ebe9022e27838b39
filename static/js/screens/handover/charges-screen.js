import { html, nothing } from '#vendor/lit.js';
import { t, time, yuan } from '#app/core/i18n.js';
import { reasonText } from '#app/core/reasons.js';
import { agreedFen, agreementLines, checkLines, checkStatement, finalLines, totalFen } from '#app/rules/charges.js';
import { announce } from '#app/ui/announce.js';
import { errorWords, troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { syncLine, topBar } from '#app/screens/frame.js';
import { unsentMark } from '#app/screens/job-card.js';
import { isLed } from '#app/screens/today-plan.js';
import { bill, lineEditor } from '#app/screens/handover/line-editor.js';
import { blankLine, faultsOf, isBlank, lineOf, linesDraft, sameLines, typedOf } from '#app/screens/handover/lines.js';
import { withoutJob } from '#app/screens/without-job.js';
import { turnTo } from '#app/screens/handover/write-sheet.js';
import '#app/screens/handover/outcome-form.js';
import '#app/screens/handover/pin-question.js';

/** @typedef {import('#app/screens/handover/lines.js').Typed} Typed */
/** @typedef {import('#app/screens/types.js').JobView} JobView */

/** What the visit costs: extra work is agreed before it starts, the final charge is never more than agreed. */
class ChargesScreen extends Screen {
  /** @type {JobView | null} */
  #job = null;
  /** As typed; null: as it was agreed or stated. @type {Typed[] | null} */
  #typed = null;
  /** @type {Record<string, string>} */
  #faults = {};
  #trouble = '';
  #busy = false;
  #asksPin = false;
  /** @type {import('#app/screens/handover/write-sheet.js').Language} */
  #language = 'zh';

  async load() {
    const { store } = this.app;
    this.#job = await store.job(this.route.id);
    this.#language = (await store.meta(`customer_language:${this.route.id}`)) ?? 'zh';
    if (this.#job) this.#typed ??= (await store.draft(this.#draft)) ?? null;
  }

  /** From one tab to the other it stays one screen. @param {Map<string, any>} changed */
  willUpdate(changed) {
    super.willUpdate(changed);
    if (!this.hasUpdated || !changed.has('route')) return;
    this.#typed = null;
    this.#faults = {};
    void this.reread();
  }

  get #isFinal() {
    return this.route.at === 'final';
  }

  get #draft() {
    return linesDraft(this.route.id, this.#isFinal ? 'final' : 'extra');
  }

  /** What stands without what is being typed. @param {JobView} job */
  #standing(job) {
    return this.#isFinal ? finalLines(job) : agreementLines(job);
  }

  /** @param {JobView} job @returns {Typed[]} */
  #shown(job) {
    return this.#typed ?? this.#standing(job).map(typedOf);
  }

  /** @param {JobView} job */
  #lines(job) {
    return this.#shown(job).filter((line) => !isBlank(line)).map(lineOf);
  }

  /** The lines of extra work wait for the office or for the day: nothing can be agreed before arriving or after leaving. @param {JobView} job */
  #isOpen(job) {
    return isLed(job, this.app.person.id) && !job.handedOver && ['arrived', 'working'].includes(job.state);
  }

  render() {
    const job = this.#job;
    if (!job) return withoutJob(this);
    if (['paper', 'refused'].includes(this.route.at)) return html`<outcome-form .app=${this.app} .job=${job} .kind=${'agreement'} .outcome=${this.route.at} .lines=${this.#lines(job)} .language=${this.#language}></outcome-form>`;
    const isOpen = this.#isOpen(job);
    return html`<div class="screen">
      ${topBar({ back: `#/job/${job.id}`, backWord: t('Back to the job'), title: t('Charges') })}
      ${syncLine(this.app)}
      <main tabindex="0">
        ${this.#tabs(job)}
        ${this.#trouble ? html`<section>${troubleNote(this.#trouble)}</section>` : nothing}
        ${this.#isFinal ? this.#final(job, isOpen) : this.#extra(job, isOpen)}
        <div class="gap"></div>
      </main>
      ${isOpen ? this.#dock(job) : nothing}
    </div>`;
  }

  /** @param {JobView} job */
  #tabs(job) {
    const tab = (/** @type {string} */ at, /** @type {string} */ word, /** @type {boolean} */ here) => html`<a href="#/job/${job.id}/charges${at}" aria-current=${here ? 'page' : nothing}>${word}</a>`;
    return html`<section class="tabs-row"><nav class="tabs" aria-label=${t('Charges')}>${tab('', t('Extra work'), !this.#isFinal)}${tab('/final', t('Final charge'), this.#isFinal)}</nav></section>`;
  }

  /** @param {JobView} job @param {boolean} isOpen */
  #extra(job, isOpen) {
    const lines = this.#lines(job);
    const planned = job.amount_fen ?? 0;
    return html`<section class="sheet">
        <div class="head"><h2>${t('Planned by the office')}</h2><span class="strong nb">${yuan(planned)}</span></div>
        <p class="small two">${job.amount_reason || (planned ? nothing : t('Nothing is to be charged.'))}</p>
      </section>
      <div class="gap"></div>
      <section class="sheet stack">
        <div class="head"><h2>${t('Extra work found on site')}</h2></div>
        ${this.#agreements(job)}
        <p class="small two">${job.stops_supply ? t('Write down each item. The customer signs on paper before you start, because this work stops water, heat or gas.') : t('List each item and show it to the customer. Work starts once they agree.')}</p>
        ${isOpen ? html`${lineEditor(this.#shown(job), { named: true, faults: this.#faults, change: (typed) => this.#change(typed) })}
          <button class="btn btn-wide" @click=${() => this.#add(job)}>${icon('plus')}${t('Add an item')}</button>` : lines.length ? bill(lines, []) : html`<p class="small">${t('None.')}</p>`}
        <div class="line between rule-top sum-line"><span class="strong">${t('Total')}</span><span class="strong nb"><output>${yuan(planned + totalFen(lines))}</output></span></div>
        ${isOpen ? nothing : this.#closed(job)}
      </section>`;
  }

  /** @param {JobView} job @param {boolean} isOpen */
  #final(job, isOpen) {
    const lines = this.#lines(job);
    const over = totalFen(lines) > agreedFen(job);
    return html`<section class="sheet stack">
        <div class="head"><h2>${t('Final charge')}</h2><span class="two">${job.charges ? t('stated') : t('as agreed')} ${job.unsentOps.some(({ kind }) => kind === 'state_charges') ? unsentMark() : nothing}</span></div>
        <p class="small two">${t('It can be less than agreed, never more.')}</p>
        ${!lines.length ? html`<p class="small">${t('Nothing is to be charged.')}</p>`
          : isOpen ? lineEditor(this.#shown(job), { named: false, faults: this.#faults, change: (typed) => this.#change(typed) }) : nothing}
        ${bill(isOpen ? [] : lines, [[t('Agreed'), agreedFen(job)], [t('To pay'), totalFen(lines)]])}
        ${over ? html`<p class="note note-risk" role="alert">${icon('circle-alert')}<span><strong>${reasonText('over_agreed')}</strong> ${t('For more there must be a new agreement with the customer.')}<br><a href="#/job/${job.id}/charges">${t('Agree on extra work')}</a></span></p>` : nothing}
        ${this.#typed || job.charges ? html`<button class="btn btn-quiet outdent" ?hidden=${!isOpen} @click=${() => this.#asAgreed(job)}>${icon('undo-2')}${t('As agreed')}</button>` : nothing}
        ${isOpen ? nothing : this.#closed(job)}
      </section>`;
  }

  /** Why nothing can be changed. @param {JobView} job */
  #closed(job) {
    return html`<p class="cap">${['assigned', 'accepted', 'en_route'].includes(job.state) ? t('Charges are agreed on site, after you arrived.') : ['arrived', 'working'].includes(job.state) && !isLed(job, this.app.person.id) ? t('The lead does this with the customer.') : t('Nothing can be changed here any more.')}</p>`;
  }

  /** @param {JobView} job */
  #agreements(job) {
    return job.sheets.filter(({ kind }) => kind === 'agreement').map((sheet) => {
      const at = { time: time(sheet.at_ms, job.timezone), amount: yuan(sheet.total_fen) };
      const taken = sheet.state === 'valid' && ['signed', 'paper'].includes(sheet.outcome);
      return html`<p class="note ${taken ? 'note-act' : 'note-wait'}">${icon(taken ? 'circle-check' : 'message-square-warning')}<span>${sheet.state === 'quarantined' ? html`${t('The agreement of {time} does not count.', at)} ${reasonText(sheet.fault)}`
        : taken ? html`<strong>${t('Agreed at {time}: {amount}', at)}</strong> ${sheet.current ? t('The work may start.') : t('Replaced by a later one.')}` : t('At {time} the customer did not agree to {amount}.', at)} ${sheet.unsent ? unsentMark() : nothing}</span></p>`;
    });
  }

  /** @param {JobView} job */
  #dock(job) {
    const lines = this.#lines(job);
    const changed = !sameLines(lines, this.#standing(job));
    if (this.#asksPin) return html`<pin-question class="dock" role="region" aria-label=${t('Next step')} @chosen=${() => this.#agree()} @cancelled=${() => { this.#asksPin = false; this.requestUpdate(); }}></pin-question>`;
    if (this.#isFinal) {
      const over = totalFen(lines) > agreedFen(job);
      const small = over ? t('More than agreed') : changed ? t('Saved on this phone, sent by itself') : t('Nothing has changed');
      return this.#button(t('State the final charge: {amount}', { amount: yuan(totalFen(lines)) }), small, changed && !over, () => this.#state(job));
    }
    if (!changed && lines.length) return html`<div class="dock" role="region" aria-label=${t('Next step')}><a class="btn btn-act next" href="#/job/${job.id}/visit">${t('Go on with the visit')}<small>${t('The customer has agreed')}</small></a></div>`;
    if (!lines.length) return this.#button(t('Agree with the customer'), t('Write down an item first'), false, () => {});
    return job.stops_supply ? this.#button(t('Agree on paper'), t('Then take a photo of the paper'), true, () => this.#agree())
      : this.#button(t('Agree with the customer'), t('Turns the phone; your PIN brings it back'), true, () => this.#agree());
  }

  /** @param {string} words @param {string} small @param {boolean} ready @param {() => void} act */
  #button(words, small, ready, act) {
    return html`<div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-act next" aria-disabled=${ready ? nothing : 'true'} aria-busy=${this.#busy} @click=${() => ready && !this.#busy && act()}>${words}<small>${small}</small></button></div>`;
  }

  /** @param {Typed[]} typed */
  #change(typed) {
    this.#typed = typed;
    this.#faults = {};
    this.#trouble = '';
    this.requestUpdate();
    this.app.store.setDraft(this.#draft, typed).catch((error) => { this.#trouble = errorWords(error); this.requestUpdate(); });
  }

  /** @param {JobView} job */
  async #add(job) {
    const typed = [...this.#shown(job), blankLine()];
    this.#change(typed);
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(`#text-${typed.length - 1}`))?.focus();
  }

  /** Names what is wrong beside the fields; false: something is. @param {JobView} job */
  async #check(job) {
    const words = { text: t('Please say what for, in 100 characters at most.'), quantity: t('A number above 0, such as 2.5'), unit: t('10 characters at most'), price: t('An amount such as 75 or 12.50') };
    this.#change(this.#shown(job).filter((line) => !isBlank(line)));
    this.#faults = Object.fromEntries(this.#shown(job).flatMap((line, index) => faultsOf(line).map((field) => [`${field}-${index}`, words[field]])));
    const code = Object.keys(this.#faults).length ? null : this.#isFinal ? checkStatement(job, this.#lines(job)) : checkLines(this.#lines(job));
    this.#trouble = code && code !== 'over_agreed' ? reasonText(code) : '';
    this.requestUpdate();
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector('[aria-invalid=true], .note-risk'))?.focus();
    return !code && !Object.keys(this.#faults).length;
  }

  async #agree() {
    const job = /** @type {JobView} */ (this.#job);
    if (!(await this.#check(job))) return;
    if (job.stops_supply) return void (location.hash = `#/job/${job.id}/charges/paper`);
    await this.#try(async () => {
      this.#asksPin = !(await turnTo(this, this.app, job, 'agreement', { language: this.#language, outcome: 'signed', lines: this.#lines(job) }));
    });
  }

  /** @param {JobView} job */
  async #state(job) {
    if (!(await this.#check(job))) return;
    await this.#try(async () => {
      await this.app.store.confirm('state_charges', job.id, { lines: this.#lines(job) });
      await this.#forget();
      announce(t('Saved on this phone'));
    });
  }

  /** @param {JobView} job */
  async #asAgreed(job) {
    if (job.charges) return this.#change(finalLines({ ...job, charges: null }).map(typedOf));
    await this.#forget();
    this.requestUpdate();
    return undefined;
  }

  async #forget() {
    this.#typed = null;
    await this.app.store.setDraft(this.#draft, undefined).catch(() => {});
  }

  /** @param {() => Promise<unknown>} act */
  async #try(act) {
    this.#busy = true;
    this.requestUpdate();
    try {
      await act();
    } catch (error) {
      this.#trouble = errorWords(error);
    }
    this.#busy = false;
    await this.reread();
  }
}

customElements.define('charges-screen', ChargesScreen);
