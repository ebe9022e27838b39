import { html, nothing, repeat } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { t, time } from '#app/core/i18n.js';
import { answerWords } from '#app/rules/answer-words.js';
import { PHASES, applying, isDone } from '#app/rules/checklist.js';
import { itemTypes } from '#app/rules/items/registry.js';
import { ENDED } from '#app/rules/job-state.js';
import { announce } from '#app/ui/announce.js';
import { faultLine } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { why } from '#app/ui/why.js';
import { Drafts } from '#app/screens/checklist/drafts.js';
import { itemViews } from '#app/screens/checklist/items/registry.js';
import { missingList, nextItem } from '#app/screens/checklist/missing-list.js';
import { nothingHere, visitTop } from '#app/screens/checklist/visit-top.js';
import { fillScript, inWords, leftOf, signOff, visitOf } from '#app/screens/checklist/visit-view.js';
import { faultWords, onlyIf, phaseWord, sheetWords } from '#app/screens/checklist/visit-words.js';
import { scriptLanguage } from '#app/screens/checklist/words-dialog.js';
import { shortMoment } from '#app/screens/job-history.js';
import '#app/screens/step-dock.js';
import { isLed } from '#app/screens/today-plan.js';
import { withoutJob } from '#app/screens/without-job.js';

/**
 * @typedef {import('#app/screens/types.js').JobView} JobView
 * @typedef {import('#app/types/domain.js').ChecklistItem} Item
 */

/** The state a phase needs: before it, the next step is a step of the job. @type {Record<string, string[]>} */
const BEFORE = { door: ['assigned', 'accepted', 'en_route'], during: ['assigned', 'accepted', 'en_route', 'arrived'] };
/** What is said by its own words once it is done. */
const DEEDS = ['confirm', 'say'];
const SHOWN_MISSING = 4;

/** The conduct standard, step by step: what is done folds to a line, what comes next stands large. */
class ChecklistScreen extends Screen {
  /** @type {JobView | null} */
  #job = null;
  /** @type {import('#app/types/domain.js').Checklist | null} */
  #content = null;
  /** @type {Drafts | null} */
  #drafts = null;
  /** item → what is wrong with what was given @type {Record<string, string>} */
  #faults = {};
  /** Done, or not at hand yet, but opened to look at or to change. @type {Set<string>} */
  #open = new Set();
  /** Done while this screen stands: what was chosen, measured or photographed stays in sight. @type {Set<string>} */
  #inSight = new Set();
  /** The step this person is at. */
  #at = '';
  /** Answers are written one after the other. */
  #writing = Promise.resolve();

  async load() {
    const { store } = this.app;
    const job = await store.job(this.route.id);
    const content = await store.checklistOf(job);
    if (!this.#drafts) {
      this.#drafts = new Drafts(store, `visit:${this.route.id}`, async (error) => { announce(await why(error)); });
      await this.#drafts.read();
    }
    this.#job = job;
    this.#content = content;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#drafts?.end();
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    super.updated(changed);
    const { at } = this.route;
    if (!this.loaded || at === this.#came) return;
    this.#came = at;
    if (at) requestAnimationFrame(() => this.#jump(at)); // after the app has put the focus on the title
  }

  #came = '';

  render() {
    const job = this.#job;
    const content = this.#content;
    if (!job) return withoutJob(this);
    if (!content) return nothingHere(job.id, t('On-site conduct'), t('There is no checklist for this job on this phone.'));
    const visit = visitOf(job, content);
    const items = applying(content, visit.facts, visit.answers);
    const left = isLed(job, this.app.person.id) ? leftOf(job, content, visit) : [];
    const next = this.#next(items, left);
    return html`<div class="screen">
      ${visitTop(job, t('On-site conduct'))}
      <main tabindex="0">
        <section class="sheet visit-planks">${this.#planks(visit, items, next)}${this.#closedNote(job)}</section>
        ${PHASES.map((phase) => this.#phase(phase, items.filter((item) => item.phase === phase), visit, next))}
        ${left.length ? html`<section class="sheet visit-missing" id="missing">
          <div class="head m-0"><h2 tabindex="-1">${ENDED.includes(job.state) ? t('Back at base: {count} left', { count: left.length }) : t('Before you leave: {count} left', { count: left.length })}</h2><span class="two">${t('Tap to go there')}</span></div>
          ${missingList(job.id, left, { most: SHOWN_MISSING, jump: (key) => this.#jumpTo(key) })}</section>` : nothing}
      </main>
      ${this.#dock(job, left, next)}
      <words-dialog></words-dialog>
    </div>`;
  }

  /** What comes after the step this person is at; a phase is gone through before another. @param {Item[]} items @param {Item[]} left */
  #next(items, left) {
    const from = items.findIndex((item) => item.key === this.#at);
    const near = left.filter((item) => item.phase === items[from]?.phase);
    return near.find((item) => items.indexOf(item) >= from) ?? near[0] ?? left[0];
  }

  /** @param {import('#app/screens/checklist/visit-view.js').Visit} visit @param {Item[]} items @param {Item | undefined} next */
  #planks({ progress }, items, next) {
    return html`<ol class="planks" aria-label=${t('How far the five phases are')}>${progress.map(({ phase, done, of }) => {
      const first = items.find((item) => item.phase === phase);
      const words = html`${phaseWord(phase)}<b>${done}/${of}</b>`;
      return html`<li style=${done ? `--full:${(done / of).toFixed(4)}` : nothing} aria-current=${next?.phase === phase ? 'step' : nothing}>
        ${first ? html`<a href="#/job/${this.#job?.id}/visit/${first.key}" @click=${this.#jumpTo(first.key)}>${words}</a>` : words}</li>`;
    })}</ol>`;
  }

  /** Why nothing can be answered here. @param {JobView} job */
  #closedNote(job) {
    const words = job.handedOver ? t('This job was handed over') : job.state === 'cancelled' ? t('The office cancelled this job')
      : job.closed ? t('The office has closed this visit.')
      : !isLed(job, this.app.person.id) ? t('Only the lead records these steps.') : '';
    return words ? html`<p class="note mt-3">${icon('info')}<span>${words}</span></p>` : nothing;
  }

  /** @param {Item} item */
  #canAnswer(item) {
    const job = /** @type {JobView} */ (this.#job);
    return isLed(job, this.app.person.id) && !job.handedOver && !job.closed && job.state !== 'cancelled' && (item.phase === 'base' || !ENDED.includes(job.state));
  }

  /** @param {string} phase @param {Item[]} items @param {import('#app/screens/checklist/visit-view.js').Visit} visit @param {Item | undefined} next */
  #phase(phase, items, visit, next) {
    if (!items.length) return nothing;
    const { of, done } = /** @type {{of: number, done: number}} */ (visit.progress.find((one) => one.phase === phase));
    return html`<div class="phase"><h2 id="phase-${phase}">${phaseWord(phase)}</h2><span class="two">${of > done ? t('Steps left: {count}', { count: of - done }) : t('all done')}</span></div>
      <ol class="steps" aria-labelledby="phase-${phase}">${repeat(items, (item) => item.key, (item, index) => this.#item(item, visit, next, t('Step {number} of {of}', { number: index + 1, of: items.length })))}</ol>`;
  }

  /** The steps of the phase at hand stand open; others open at a tap. @param {Item} item @param {import('#app/screens/checklist/visit-view.js').Visit} visit @param {Item | undefined} next @param {string} place */
  #item(item, { answers, seen }, next, place) {
    const { key, type } = item;
    const current = item === next;
    const value = answers[key] ?? null;
    const done = isDone(item, answers, seen);
    const atHand = !done && (item.phase === next?.phase || this.#drafts?.of(key) !== undefined);
    const open = this.#canAnswer(item) && (atHand || this.#open.has(key) || this.#inSight.has(key) || Boolean(this.#faults[key]));
    if (open && !done && !DEEDS.includes(type)) this.#inSight.add(key);
    const large = open && current && type === 'say';
    return html`<li class=${large ? 'say' : open ? 'step' : done ? 'step step-done' : 'step step-shut'} id="at-${key}">
      ${large ? html`<div class="line between"><h3 class="state" id="title-${key}" tabindex="-1">${icon('volume-2')}<span>${inWords(item.words)}</span></h3><span class="small">${place}</span></div>` : this.#head(item, value, done, open, atHand, seen)}
      ${open ? html`${itemViews[type]?.body(this.#context(item, value, done, current)) ?? html`<p class="note note-wait">${icon('info')}<span>${t('This step needs a newer app. Load the new version under “Me”.')}</span></p>`}
        ${faultLine(key, this.#faults[key])}
        ${done && value && this.#open.has(key) ? html`<button class="btn btn-quiet" @click=${() => this.#save(item, null)}>${icon('undo-2')}${t('Take the answer back')}</button>` : nothing}` : nothing}
    </li>`;
  }

  /** What is done or not at hand is a button that opens it; of a deed at hand the box can be ticked, too. @param {Item} item @param {any} value @param {boolean} done @param {boolean} open @param {boolean} atHand @param {import('#app/types/domain.js').Seen} seen */
  #head(item, value, done, open, atHand, seen) {
    const { key } = item;
    const record = this.#job?.answers.find((answer) => answer.item === key);
    const not = Boolean(value?.why);
    const hint = inWords(item.hint);
    const told = done && !open ? this.#told(item, value, seen) : '';
    const words = html`<span class="tick ${done && !not ? 'tick-yes' : ''} ${not ? 'tick-not' : ''}">${icon(not ? 'minus' : 'check')}</span>
      <span><span class="step-title">${inWords(item.words)}</span>${done ? html`<span class="vh">${t('done')}</span>` : nothing}${told ? html`<br><span class="small two">${told}</span>` : open && hint ? html`<br><span class="small two">${hint}</span>` : nothing}</span>
      <span class="cap">${done ? html`${record ? shortMoment(record.at_ms, nowMs(), this.#job?.timezone ?? '') : nothing}${record?.unsent ? html` <span class="unsent">${icon('smartphone')}<span class="vh">${t('Only on this phone')}</span></span>` : nothing}` : onlyIf(item)}</span>`;
    return html`<h3 id="title-${key}" tabindex="-1">${!atHand && this.#canAnswer(item)
      ? html`<button class="step-head step-fold" aria-expanded=${open} @click=${() => this.#fold(key, open)}>${words}</button>` : html`<span class="step-head" @click=${open && !done && item.type === 'confirm' ? () => this.#save(item, { done: true }) : nothing}>${words}</span>`}</h3>`;
  }

  /** The answer in one line, where the words of the step do not say it. @param {Item} item @param {any} value @param {import('#app/types/domain.js').Seen} seen */
  #told(item, value, { photos }) {
    const sheet = item.type === 'signature' && this.#job && signOff(this.#job);
    if (sheet) return sheetWords(sheet, this.#job?.timezone ?? '');
    if (value?.why) return t('Not done: {why}', { why: value.why });
    if (itemViews[item.type].icon === 'camera') return t('Photos: {count}', { count: photos.filter((photo) => photo.item === item.key && photo.counts).length });
    return value && !DEEDS.includes(item.type) ? answerWords(item, value, scriptLanguage()) : '';
  }

  /** @param {string} key @param {boolean} open */
  #fold(key, open) {
    this.#inSight.delete(key);
    if (open) this.#open.delete(key);
    else this.#open.add(key);
    this.requestUpdate();
  }

  /** @param {Item} item @param {any} value @param {boolean} done @param {boolean} current @returns {import('#app/screens/checklist/types.js').ItemContext} */
  #context(item, value, done, current) {
    const job = /** @type {JobView} */ (this.#job);
    return {
      app: this.app, job, item, value, done, current, draft: this.#drafts?.of(item.key), fault: this.#faults[item.key] ?? '',
      save: (given) => this.#save(item, given),
      keep: (draft) => this.#keep(item, draft),
      show: (language) => /** @type {any} */ (this.querySelector('words-dialog')).open({
        language, words: (/** @type {string} */ chosen) => fillScript(item.script, job, this.app.me, chosen),
        read: (/** @type {string} */ chosen) => this.#save(item, { said: true, language: chosen }),
      }),
    };
  }

  /** @param {Item} item @param {any} draft */
  #keep({ key }, draft) {
    this.#drafts?.set(key, Object.values(draft).some((part) => part !== undefined) ? draft : undefined);
    delete this.#faults[key];
    this.requestUpdate();
  }

  /** @param {Item} item @param {any} value */
  #save(item, value) {
    this.#writing = this.#writing.then(() => this.#write(item, value));
  }

  /** Records an answer; only what is on the disk is shown as recorded. @param {Item} item @param {any} value */
  async #write(item, value) {
    const { key, type } = item;
    const job = /** @type {JobView} */ (this.#job);
    const old = job.answers.find((answer) => answer.item === key)?.value ?? null;
    const draft = this.#drafts?.of(key);
    const focused = this.querySelector(`#at-${key}`)?.contains(document.activeElement) ?? false;
    const code = itemTypes[type]?.check(item, value);
    delete this.#faults[key];
    try {
      if (code) this.#faults[key] = faultWords(code, item);
      else if (JSON.stringify(value) !== JSON.stringify(old)) {
        await this.app.store.confirm('answer_item', job.id, { checklist: job.checklist?.id, item: key, value });
        await this.load();
        announce(value ? t('Recorded {time}: saved on this phone', { time: time(nowMs(), job.timezone) }) : t('Taken back: saved on this phone'));
      }
      if (!code) await this.#settled(item, value, draft, focused);
    } catch (error) {
      this.#faults[key] = await why(error);
    }
    this.requestUpdate();
  }

  /** What was begun is recorded, unless it went on meanwhile; a deed folds to its line and keeps the focus. @param {Item} item @param {any} value @param {any} draft @param {boolean} focused */
  async #settled({ key, type }, value, draft, focused) {
    if (this.#drafts?.of(key) === draft) this.#drafts?.set(key, undefined);
    this.#at = key;
    if (!DEEDS.includes(type) && value && !value.why) return;
    this.#open.delete(key);
    this.#inSight.delete(key);
    this.requestUpdate();
    await this.updateComplete;
    if (focused) /** @type {HTMLElement | null} */ (this.querySelector(`#at-${key} .step-fold`) ?? this.querySelector(`#title-${key}`))?.focus({ preventScroll: true });
  }

  /** @param {JobView} job @param {Item[]} left @param {Item | undefined} next */
  #dock(job, left, next) {
    const side = left.length ? html`<button class="btn dock-side" @click=${() => this.#show('#missing', 'h2')}>${icon('list-checks')}<span>${t('{count} left', { count: left.length })}</span></button>` : nothing;
    if (!isLed(job, this.app.person.id) || next && BEFORE[next.phase === 'leaving' ? 'during' : next.phase]?.includes(job.state)) {
      return html`<step-dock class="dock" role="region" aria-label=${t('Next step')} .app=${this.app} .job=${job} .side=${left.length ? side : undefined} .clock=${time(nowMs(), job.timezone)}></step-dock>`;
    }
    return html`<div class="dock" role="region" aria-label=${t('Next step')}><div class="dock-row">${side}${next
      ? nextItem(job.id, next, this.#jumpTo(next.key))
      : ENDED.includes(job.state) ? html`<a class="btn next" href="#/job/${job.id}">${t('Back to the job')}<small>${t('Nothing is left')}</small></a>`
        : html`<a class="btn btn-act next" href="#/job/${job.id}/closing">${t('Finish')}<small>${t('All steps are done')}</small></a>`}</div></div>`;
  }

  /** Within the page: Back still leads to the job. @param {string} key */
  #jumpTo(key) {
    return (/** @type {Event} */ event) => {
      event.preventDefault();
      history.replaceState(null, '', `#/job/${this.route.id}/visit/${key}`);
      this.#jump(key);
    };
  }

  /** @param {string} key */
  async #jump(key) {
    this.#at = key;
    this.#inSight.add(key);
    this.requestUpdate();
    await this.updateComplete;
    this.#show(`#at-${key}`, 'h3');
  }

  /** @param {string} at @param {string} title what takes the focus there */
  #show(at, title) {
    const place = this.querySelector(at);
    if (place?.contains(document.activeElement)) return; // a photo to be taken again has the focus already
    place?.scrollIntoView({ block: 'start' });
    /** @type {HTMLElement | null | undefined} */ (place?.querySelector(title))?.focus({ preventScroll: true });
  }
}

customElements.define('checklist-screen', ChecklistScreen);
