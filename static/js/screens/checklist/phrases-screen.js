import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { topBar } from '#app/screens/frame.js';
import { nothingHere } from '#app/screens/checklist/visit-top.js';
import { fillScript, inWords } from '#app/screens/checklist/visit-view.js';
import { scriptLanguage } from '#app/screens/checklist/words-dialog.js';
import { withoutJob } from '#app/screens/without-job.js';

/** What to say when something happens: a tap, and it fills the screen in the customer's language. */
class PhrasesScreen extends Screen {
  /** @type {import('#app/screens/types.js').JobView | null} */
  #job = null;
  /** @type {import('#app/types/domain.js').Phrase[]} */
  #phrases = [];

  async load() {
    this.#job = await this.app.store.job(this.route.id);
    const content = await this.app.store.checklistOf(this.#job);
    this.#phrases = content?.phrases ?? [];
  }

  render() {
    const job = this.#job;
    const title = t('What to say');
    if (!job) return withoutJob(this);
    if (!this.#phrases.length) return nothingHere(job.id, title, t('There are no phrases for this job on this phone.'));
    const words = (/** @type {import('#app/types/domain.js').Phrase} */ phrase) => (/** @type {string} */ language) => fillScript(phrase.words, job, this.app.me, language);
    return html`<div class="screen">
      ${topBar({ back: `#/job/${job.id}/${this.route.at}`, title })}
      <main tabindex="0"><p class="small two px py-3">${t('Tap one to read it aloud or to show it.')}</p>
        <div class="rows">${this.#phrases.map((phrase) => html`<button class="row phrase" @click=${() => this.#open(words(phrase))}>${icon('message-circle')}
          <span><strong>${inWords(phrase.title)}</strong><br><span class="small two">${words(phrase)(scriptLanguage())}</span></span>${icon('maximize')}</button>`)}</div></main>
      <words-dialog></words-dialog>
    </div>`;
  }

  /** @param {(language: string) => string} words */
  #open(words) {
    /** @type {any} */ (this.querySelector('words-dialog')).open({ words, language: scriptLanguage() });
  }
}

customElements.define('phrases-screen', PhrasesScreen);
