import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { Screen } from '#app/ui/screen.js';
import '#app/ui/photo-slot.js';
import { slotWords } from '#app/ui/photo-words.js';
import { syncLine, topBar } from '#app/screens/frame.js';
import { customerOf } from '#app/screens/job-words.js';
import { withoutJob } from '#app/screens/without-job.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {import('#app/types/domain.js').Slot} Slot */

/** All photos of a job by slot: before beside after, and those no step asks for. */
class PhotosScreen extends Screen {
  /** @type {JobView | null} */
  #job = null;

  async load() {
    this.#job = await this.app.store.job(this.route.id);
  }

  render() {
    const job = this.#job;
    if (!job) return withoutJob(this);
    return html`<div class="screen">
      ${topBar({ back: `#/job/${job.id}`, backWord: t('Back to the job'), title: html`${t('Photos')} <span class="two regular">${customerOf(job)}</span>` })}
      ${syncLine(this.app)}
      <main tabindex="0">${this.#slots(job)}<div class="gap"></div></main>
    </div>`;
  }

  /** @param {JobView} job */
  #slots(job) {
    const words = slotWords();
    const slot = (/** @type {Slot} */ name) => html`<photo-slot .app=${this.app} .job=${job} .purpose=${name} .all=${true}></photo-slot>`;
    return html`${job.handedOver ? html`<section class="sheet"><p class="small two">${t('This job was handed over. Photos can only be looked at.')}</p></section>` : nothing}
      <section class="sheet" aria-label=${`${words.before}, ${words.after}`}><div class="pair">${slot('before')}${slot('after')}</div></section>
      ${/** @type {Slot[]} */ (['during', 'damage', 'voucher', 'paper']).map((name) => html`<div class="gap"></div><section class="sheet"><div class="head"><h2>${words[name]}</h2></div>${slot(name)}</section>`)}`;
  }
}

customElements.define('photos-screen', PhotosScreen);
