import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { t, time } from '#app/core/i18n.js';
import { ENDED } from '#app/rules/job-state.js';
import { announce } from '#app/ui/announce.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';
import { why } from '#app/ui/why.js';
import { customerOf, nextButton, shortAddress, stepWord } from '#app/screens/job-words.js';
import { otherWords, recordStep, underWay } from '#app/screens/take-step.js';
import { isLed } from '#app/screens/today-plan.js';

const REST_MS = 1200; // a second tap of a double tap must not take the step that comes next

/** The lower third: which job, the way there, and one next step that always fits the state. */
class StepDock extends LightElement {
  static properties = {
    app: { attribute: false }, job: { attribute: false }, number: { attribute: false },
    named: { attribute: false }, left: { attribute: false }, side: { attribute: false }, clock: { attribute: false }, busy: { state: true }, trouble: { state: true }, other: { state: true },
  };

  #restUntilMs = 0;

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').JobView} */
    this.job = /** @type {any} */ (undefined);
    /** Place of the job in the day. @type {number | undefined} */
    this.number = /** @type {any} */ (undefined);
    /** Says which job this is about: where the page does not. @type {boolean} */
    this.named = false;
    /** What is left at base once the visit has ended: `leftAtBase(…)`. @type {{key: string, words: string, count: number} | null} */
    this.left = null;
    /** Stands beside the button instead of the way there. @type {unknown} */
    this.side = undefined;
    /** Changes with the minute, so that the button says the right time. */
    this.clock = '';
    this.busy = false;
    this.trouble = '';
    /** The job still under way when this person sets out to another: asked about once. @type {import('#app/screens/types.js').JobView | undefined} */
    this.other = undefined;
  }

  render() {
    const { job } = this;
    const other = this.#other;
    return html`
      ${this.trouble ? html`<p class="note note-risk" role="alert">${icon('circle-alert')}<span>${this.trouble}</span></p>` : nothing}
      ${other ? html`<p class="note note-wait" role="alert">${icon('info')}<span>${otherWords(other)}</span></p>` : nothing}
      ${this.named ? html`<p class="dock-what">${this.number ? html`<span class="stop-no">${this.number}</span>` : nothing}<strong class="nb">${customerOf(job)}</strong><span class="two clip">${shortAddress(job)}</span></p>` : nothing}
      <div class="dock-row">
        ${other ? html`<button class="btn dock-side" @click=${() => { this.other = undefined; }}>${icon('x')}<span>${t('Cancel')}</span></button>` : this.side ?? html`<button class="btn dock-side" @click=${() => this.#navigate()}>${icon('navigation')}<span>${t('Navigate')}</span></button>`}
        ${this.#next()}
      </div>`;
  }

  /** The question goes with the step it is about. */
  get #other() {
    return this.job.state === 'accepted' ? this.other : undefined;
  }

  #next() {
    const { job, app, left } = this;
    const button = nextButton(job.state, time(nowMs(), job.timezone));
    if (left) return html`<a class="btn btn-act next" href="#/job/${job.id}/visit/${left.key}">${t('Back at base: {count} left', left)}<small>${left.words}</small></a>`;
    if (job.handedOver || ENDED.includes(job.state) || !button) return html`<a class="btn next" href="#/job/${job.id}/note">${t('Write a note')}</a>`;
    if (!isLed(job, app.person.id)) {
      return html`<a class="btn next" href="#/job/${job.id}/note">${t('Write a note')}<small>${t('{name} leads and records the steps', { name: job.lead?.name ?? t('The lead') })}</small></a>`;
    }
    if (button.step === 'finish' && job.checklist && !job.sheets.some(({ kind, state, current }) => kind === 'sign_off' && state === 'valid' && current)) {
      return html`<a class="btn btn-act next" href="#/job/${job.id}/visit">${t('Go on with the visit')}<small>${t('The steps, then the signature')}</small></a>`;
    }
    return html`<button class="btn btn-act next" aria-busy=${this.busy} @click=${() => this.#take(button.step)}>
      ${this.#other ? t('Set out anyway') : button.text}<small>${this.busy ? t('Writing down …') : button.records}</small></button>`;
  }

  /** @param {string} step */
  async #take(step) {
    if (this.busy || nowMs() < this.#restUntilMs) return;
    this.busy = true;
    try {
      const other = step === 'depart' && !this.#other ? await underWay(this.app, this.job) : undefined;
      if (step === 'finish' && (await this.#isOpen())) location.hash = `#/job/${this.job.id}/closing`;
      else if (!other) await this.#record(step);
      this.other = other;
      this.trouble = '';
    } catch (error) {
      this.trouble = await why(error);
    }
    this.busy = false;
    this.#restUntilMs = nowMs() + REST_MS;
  }

  /** @param {string} step */
  async #record(step) {
    await recordStep(this.app.store, this.job, { step });
    announce(t('{step} {time}: saved on this phone', { step: stepWord(step), time: time(nowMs(), this.job.timezone) }));
  }

  /** Something of the visit is still to do: then the way to the end is the list of it. */
  async #isOpen() {
    const { job } = this;
    if (!job.checklist) return false;
    const { signOff, visitOf } = await import('#app/screens/checklist/visit-view.js');
    return !signOff(job) || visitOf(job, await this.app.store.checklistOf(job)).missing.length > 0;
  }

  async #navigate() {
    const { navigateTo } = await import('#app/screens/navigate.js');
    await navigateTo(this.app, this.job);
  }
}

customElements.define('step-dock', StepDock);
