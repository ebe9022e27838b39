import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { t, time } from '#app/core/i18n.js';
import { announce } from '#app/ui/announce.js';
import { faultLine, troubleNote } from '#app/ui/errors.js';
import '#app/ui/photo-slot.js';
import { Screen } from '#app/ui/screen.js';
import { why } from '#app/ui/why.js';
import { topBar } from '#app/screens/frame.js';
import { customerOf } from '#app/screens/job-words.js';
import { Drafts } from '#app/screens/checklist/drafts.js';
import { nothingHere } from '#app/screens/checklist/visit-top.js';
import { incidentKinds } from '#app/screens/checklist/visit-words.js';

const MOST = 1000; // characters, docs/sync-protocol.md

/** Something happened: what, in words, and photos. Recorded at once, on the spot. */
class IncidentScreen extends Screen {
  /** @type {import('#app/screens/types.js').JobView | null} */
  #job = null;
  /** @type {Drafts | null} */
  #drafts = null;
  /** @type {{kind?: string, words?: string, all?: string}} */
  #faults = {};
  #busy = false;

  async load() {
    if (!this.#drafts) {
      this.#drafts = new Drafts(this.app.store, `incident:${this.route.id}`, (error) => this.#fail(error));
      await this.#drafts.read();
    }
    this.#job = await this.app.store.job(this.route.id);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#drafts?.end();
  }

  /** Where the person came from. */
  get #back() {
    return `#/job/${this.route.id}/${this.route.at}`;
  }

  render() {
    const job = this.#job;
    const title = t('Record an incident');
    if (!job) return nothingHere(this, title, t('This job is not on this phone.'));
    const { kind, words } = this.#faults;
    const chosen = this.#drafts?.of('kind');
    return html`<div class="screen">
      ${topBar({ back: this.#back, title })}
      <main tabindex="0"><form class="sheet form-sheet" id="incident" novalidate @submit=${(/** @type {Event} */ event) => this.#submit(event, job)}>
        <p class="small two">${customerOf(job)} · <span class="nb">${job.number}</span></p>
        ${troubleNote(this.#faults.all ?? '')}
        <fieldset class="stack-s" aria-describedby="kind-fault"><legend class="strong small">${t('What happened?')}</legend>
          <div class="stack-s" id="kind">${Object.entries(incidentKinds()).map(([code, word]) => html`<label class="option">
            <input type="radio" name="kind" aria-describedby="kind-fault" .checked=${chosen === code} @change=${() => this.#say('kind', code)}><span>${word}</span></label>`)}</div>
          ${faultLine('kind', kind)}</fieldset>
        <div class="field"><label for="words">${t('In your words: what, where, who was there')}</label>
          <textarea class="input" id="words" rows="5" .value=${this.#drafts?.of('words') ?? ''} aria-invalid=${words ? 'true' : nothing} aria-describedby="words-fault"
            @input=${(/** @type {any} */ { target }) => this.#say('words', target.value)}></textarea>${faultLine('words', words)}</div>
        <div class="stack-s"><p class="strong small">${t('Photos of it')}</p><photo-slot .app=${this.app} .job=${job} .item=${''} .slot=${'damage'} .least=${0} .label=${t('Photos of it')}></photo-slot></div>
      </form></main>
      <div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-act next" form="incident" aria-busy=${this.#busy}>${t('Record the incident')}<small>${t('Records {time}; the office sees it', { time: time(nowMs(), job.timezone) })}</small></button></div>
    </div>`;
  }

  /** @param {'kind' | 'words'} name @param {string} value */
  #say(name, value) {
    this.#drafts?.set(name, value);
    delete this.#faults[name];
    this.requestUpdate();
  }

  /** @param {unknown} error */
  async #fail(error) {
    this.#faults.all = await why(error);
    this.requestUpdate();
  }

  /** @param {Event} event @param {import('#app/screens/types.js').JobView} job */
  async #submit(event, job) {
    event.preventDefault();
    if (this.#busy || !this.#drafts) return;
    const kind = this.#drafts.of('kind');
    const words = (this.#drafts.of('words') ?? '').trim();
    this.#faults = {};
    if (!kind) this.#faults.kind = t('Please choose what happened.');
    if (!words) this.#faults.words = t('Please write something first.');
    else if ([...words].length > MOST) this.#faults.words = t('Too long: {most} characters at most.', { most: MOST });
    const wrong = Object.keys(this.#faults)[0];
    this.#busy = !wrong;
    this.requestUpdate();
    if (wrong) return void (/** @type {HTMLElement | null} */ (this.querySelector(wrong === 'kind' ? '#kind input' : '#words'))?.focus());
    try {
      await this.app.store.confirm('report_incident', job.id, { kind, words });
      this.#drafts.set('kind', undefined);
      this.#drafts.set('words', undefined);
      announce(t('Saved on this phone'));
      location.replace(this.#back);
    } catch (error) {
      await this.#fail(error);
    }
    this.#busy = false;
  }
}

customElements.define('incident-screen', IncidentScreen);
