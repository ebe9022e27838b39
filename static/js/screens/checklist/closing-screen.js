import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { t, time, yuan } from '#app/core/i18n.js';
import { reasonText } from '#app/core/reasons.js';
import { finalLines, totalFen } from '#app/rules/charges.js';
import { ENDED } from '#app/rules/job-state.js';
import { announce } from '#app/ui/announce.js';
import { troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { why } from '#app/ui/why.js';
import { missingList, nextItem } from '#app/screens/checklist/missing-list.js';
import { visitTop } from '#app/screens/checklist/visit-top.js';
import { badPhotos, inWords, itemOf, leftAtBase, signOff, visitOf } from '#app/screens/checklist/visit-view.js';
import { sheetWords } from '#app/screens/checklist/visit-words.js';
import { nextButton, stepWord } from '#app/screens/job-words.js';
import '#app/screens/step-dock.js';
import { recordStep } from '#app/screens/take-step.js';
import { isLed } from '#app/screens/today-plan.js';
import { withoutJob } from '#app/screens/without-job.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

/** Before the door closes: what is missing, what cannot be used, what is only here, the hand-over, and then the end. */
class ClosingScreen extends Screen {
  /** @type {JobView | null} */
  #job = null;
  /** @type {import('#app/types/domain.js').Checklist | null} */
  #content = null;
  #busy = false;
  #fault = '';

  async load() {
    const job = await this.app.store.job(this.route.id);
    this.#content = await this.app.store.checklistOf(job);
    this.#job = job;
  }

  render() {
    const job = this.#job;
    if (!job) return withoutJob(this);
    // The signature comes last and has its own line.
    const left = visitOf(job, this.#content).missing.map((key) => itemOf(this.#content, key)).filter((item) => item.type !== 'signature');
    const sheet = signOff(job);
    return html`<div class="screen">
      ${visitTop(job, t('Before you leave'))}
      <main tabindex="0">
        ${troubleNote(this.#fault)}
        <section class="sheet">${left.length
          ? html`<div class="head m-0"><h2>${t('Still to do: {count}', { count: left.length })}</h2><span class="two">${t('Tap to go there')}</span></div>${missingList(job.id, left)}`
          : ready(t('All steps are done'))}</section>
        ${this.#photos(job)}
        <div class="gap"></div>
        <div class="rows">
          ${way(job, 'charges', 'receipt', t('Charges'), yuan(totalFen(finalLines(job))))}
          ${way(job, 'handover', sheet ? 'circle-check' : 'signature', t('Hand-over and signature'), sheet ? sheetWords(sheet, job.timezone) : t('not signed yet'))}
        </div>
        ${this.#unsent(job)}
        ${ENDED.includes(job.state) ? nothing : html`<section><a class="btn btn-wide" href="#/job/${job.id}/cannot-finish">${icon('circle-pause')}${t('Cannot finish today')}</a></section>`}
      </main>
      ${this.#dock(job, left, sheet)}
    </div>`;
  }

  /** @param {JobView} job */
  #photos(job) {
    const bad = badPhotos(job);
    return bad.length ? html`<div class="gap"></div><section class="sheet"><div class="head m-0"><h2>${t('Photos that cannot be used: {count}', { count: bad.length })}</h2></div>
      <div class="missing">${bad.map((photo) => html`<a href=${photo.item ? `#/job/${job.id}/visit/${photo.item}` : `#/job/${job.id}/photos`}>${icon('image-off')}
        <span>${photo.item && this.#content ? inWords(itemOf(this.#content, photo.item)?.words) : photo.caption || t('Photo')} <span class="small two">${photo.why ? reasonText(photo.why) : t('It cannot be opened.')}</span></span>
        <span class="cap">${time(photo.at_ms, job.timezone)}</span>${icon('chevron-right')}</a>`)}</div></section>` : nothing;
  }

  /** Calm: nothing is lost, and nobody has to wait for it. @param {JobView} job */
  #unsent({ unsent, unsentPhotos }) {
    const words = [unsent && t('Entries only on this phone: {count}', { count: unsent }), unsentPhotos && t('Photos only on this phone: {count}', { count: unsentPhotos })].filter(Boolean);
    return html`<div class="gap"></div><section class="sheet">${words.length
      ? html`<p class="line top-aligned">${icon('smartphone')}<span>${words.map((line) => html`${line}<br>`)}<span class="small two">${t('They are sent by themselves; you can leave.')}</span></span></p>`
      : ready(t('Everything is sent'))}</section>`;
  }

  /** @param {JobView} job @param {import('#app/types/domain.js').ChecklistItem[]} left @param {ReturnType<typeof signOff>} sheet */
  #dock(job, left, sheet) {
    const finish = nextButton(job.state, time(nowMs(), job.timezone));
    if (finish?.step !== 'finish' || !isLed(job, this.app.person.id)) return html`<step-dock class="dock" role="region" aria-label=${t('Next step')} .app=${this.app} .job=${job} .left=${leftAtBase(job, this.#content, this.app.person.id)}></step-dock>`;
    const [first] = left;
    return html`<div class="dock" role="region" aria-label=${t('Next step')}>${first
      ? nextItem(job.id, first)
      : sheet ? html`<button class="btn btn-act next" aria-busy=${this.#busy} @click=${() => this.#finish(job)}>${finish.text}<small>${this.#busy ? t('Writing down …') : finish.records}</small></button>`
        : html`<a class="btn btn-act next" href="#/job/${job.id}/handover">${t('Hand over to the customer')}<small>${t('Shows what was done, then the signature')}</small></a>`}</div>`;
  }

  /** @param {JobView} job */
  async #finish(job) {
    if (this.#busy) return;
    this.#busy = true;
    this.requestUpdate();
    try {
      await recordStep(this.app.store, job, { step: 'finish' });
      announce(t('{step} {time}: saved on this phone', { step: stepWord('finish'), time: time(nowMs(), job.timezone) }));
      location.replace(`#/job/${job.id}`);
    } catch (error) {
      this.#fault = await why(error);
    }
    this.#busy = false;
    this.requestUpdate();
  }
}

/** @param {string} words */
function ready(words) {
  return html`<p class="line"><span class="tick tick-yes">${icon('check')}</span><strong>${words}</strong></p>`;
}

/** @param {JobView} job @param {string} part @param {string} sign @param {string} words @param {unknown} small */
function way(job, part, sign, words, small) {
  return html`<a class="row" href="#/job/${job.id}/${part}">${icon(sign)}<span><strong>${words}</strong><br><span class="small two">${small}</span></span>${icon('chevron-right')}</a>`;
}

customElements.define('closing-screen', ClosingScreen);
