import { html, nothing, repeat } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { dayOf, lang, t, time } from '#app/core/i18n.js';
import { reasonText } from '#app/core/reasons.js';
import { letGo } from '#app/store/bytes.js';
import { status } from '#app/sync/status.js';
import { syncNow } from '#app/sync/pump.js';
import { estimate, isNearlyFull, sizeWords } from '#app/device/storage-quota.js';
import { announce } from '#app/ui/announce.js';
import { errorWords } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { navBar, readTrouble, topBar } from '#app/screens/frame.js';
import { customerOf, typeWord } from '#app/screens/job-words.js';
import { byJob, explanation, opWords, photoWords } from '#app/screens/outbox-words.js';
import { freshKey, saveUnsent } from '#app/screens/rescue-file.js';
import { momentWords, syncWords, unsentOf } from '#app/screens/sync-words.js';
import { tabNote } from '#app/screens/tab-note.js';

/** @typedef {import('#app/screens/types.js').Op} Op */
/** @typedef {import('#app/types/store.js').Evidence} Evidence */

const CLOCK_TOLERANCE_MS = 120000; // as in the line under the title

/** What is only on this phone, what became of it, and what to do. */
class OutboxScreen extends Screen {
  /** @type {{pending: Op[], photos: Evidence[], troubled: Op[], recent: Op[]}} */
  #box = { pending: [], photos: [], troubled: [], recent: [] };
  /** @type {Map<string, import('#app/screens/types.js').JobView>} */
  #jobs = new Map();
  /** Words of checklist items by version and key. @type {Map<string, import('#app/types/domain.js').Words>} */
  #items = new Map();
  /** @type {{free_bytes: number} | null} */
  #quota = null;
  /** The photo whose giving up has to be confirmed. */
  #doubted = '';

  async load() {
    const [box, jobs, quota] = await Promise.all([this.app.store.outbox(), this.app.store.jobs(), estimate()]);
    this.#box = box;
    void freshKey(this.app.person.id).catch(() => {}); // to be here when it is needed
    this.#jobs = new Map(jobs.map((job) => [job.id, job]));
    this.#quota = quota;
    const versions = new Set([...box.pending, ...box.troubled, ...box.recent].filter(({ kind }) => kind === 'answer_item').map((op) => op.args.checklist));
    for (const id of versions) for (const { key, words } of (await this.app.store.checklist(id))?.items ?? []) this.#items.set(`${id} ${key}`, words);
  }

  /** @param {Op} op */
  #words(op) {
    return opWords(op, this.#zoneOf(op.entity), ({ args }) => this.#items.get(`${args.checklist} ${args.item}`)?.[lang() === 'zh' ? 'zh' : 'en'] ?? '');
  }

  render() {
    return html`<div class="screen has-nav">
      ${topBar({ title: t('Only on this phone') })}
      <main tabindex="0">${this.trouble ? readTrouble(this.trouble, () => this.reread()) : [this.#figures(), this.#troubled(), this.#pending(), this.#export(), this.#recent()]}</main>
      ${this.#dock()}
      ${navBar(this.app, 'outbox')}
    </div>`;
  }

  #figures() {
    const { lastContactMs } = status();
    const free = this.#quota ? sizeWords(this.#quota.free_bytes) : null;
    const words = explanation(this.#settled(), { storage: this.app.storageTrouble });
    return html`<section class="sheet stack">
      <div class="figures">
        <div><p class="cap">${t('Not sent yet')}</p><p class="figure">${unsentOf(status())}</p></div>
        <div><p class="cap">${t('Last contact')}</p><p class="figure ${lastContactMs && dayOf(lastContactMs, this.app.zone) !== dayOf(nowMs(), this.app.zone) ? 'figure-long' : ''}">${lastContactMs ? momentWords(lastContactMs, nowMs(), this.app.zone) : '–'}</p></div>
        <div><p class="cap">${t('Room on this phone')}</p><p class="figure">${free ? html`${free.amount} <small>${free.unit}</small>` : '–'}</p></div>
      </div>
      <p class="note note-${words.tone}" role="status">${icon(words.icon)}<span><strong>${words.strong}</strong> ${words.text}</span></p>
      ${words.action ? html`<a class="btn btn-wide" href=${words.action.href}>${words.action.text}</a>` : nothing}
      ${this.#clock()}
      ${isNearlyFull(this.#quota) ? html`<p class="note note-risk">${icon('hard-drive')}<span>${reasonText('photo_no_room')}</span></p>` : nothing}
      ${unsentOf(status()) ? tabNote() : nothing}
    </section>`;
  }

  /** A run of a second does not change what is said. */
  #settled() {
    const now = status();
    return now.state === 'sending' ? { ...now, state: /** @type {const} */ ('ok') } : now;
  }

  #clock() {
    const off = status().clockOffMs;
    if (Math.abs(off) <= CLOCK_TOLERANCE_MS) return nothing;
    const words = syncWords({ ...status(), state: 'ok' }, { nowMs: nowMs(), zone: this.app.zone, storage: null });
    return html`<p class="note note-risk">${icon('clock-alert')}<span><strong>${words.text}.</strong> ${t('Your steps are still taken in the right order; the times are corrected on the server. Please set the clock in the phone’s settings to automatic.')}</span></p>`;
  }

  #troubled() {
    const { troubled } = this.#box;
    const photos = this.#box.photos.filter(({ trouble }) => trouble);
    const count = troubled.length + photos.length;
    if (!count) return nothing;
    return html`${head(t('Please have a look'), t('Items: {count}', { count }))}
      <ul class="rows">${repeat(photos, ({ id }) => id, (photo) => this.#stuckRow(photo))}${repeat(troubled, (op) => op.id, (op) => this.#troubledRow(op))}</ul>`;
  }

  /** A photo that cannot be sent. @param {Evidence} photo */
  #stuckRow(photo) {
    const words = photoWords(photo, null, this.#zoneOf(photo.job));
    const asks = this.#doubted === photo.id;
    return html`<li class="trouble-row"><div class="row row-plain"><span class="thumb-icon">${icon('image-off')}</span>
      <span><strong>${words.text}</strong> <span class="two">${this.#jobName(photo.job, photo.number)}</span><br><span class="small">${words.trouble}${asks ? html` <strong role="alert">${t('It will never reach the server. This cannot be undone.')}</strong>` : nothing}</span></span></div>
      <button class="btn btn-wide ${asks ? 'btn-risk' : ''}" @click=${() => this.#giveUp(photo)}>${asks ? t('Yes, give it up') : t('Give this photo up')}<span class="vh">: ${words.text}</span></button></li>`;
  }

  /** @param {Op} op */
  #troubledRow(op) {
    const words = this.#words(op);
    return html`<li class="trouble-row"><div class="row row-plain"><span class="thumb-icon">${icon(words.icon)}</span>
      <span><strong>${words.text}</strong> <span class="two">${this.#jobName(op.entity, op.number)}</span><br>
      <span class="small">${reasonText(op.note?.code ?? op.result ?? '', op.note ?? {})}</span>${words.small ? html`<br><span class="small two">“${words.small}”</span>` : nothing}</span></div>
      <button class="btn btn-wide" @click=${() => this.#dismiss(op)}>${t('Got it')}<span class="vh">: ${words.text}</span></button></li>`;
  }

  #pending() {
    const { pending, photos } = this.#box;
    return byJob(pending, photos.filter(({ trouble }) => !trouble)).map(({ jobId, number, ops, photos: ofJob }) => html`${head(this.#jobName(jobId, number), this.#jobs.has(jobId) ? html`<a href="#/job/${jobId}">${t('Open')}</a>` : nothing)}
      <ul class="rows">${repeat(ops, (op) => op.id, (op) => this.#row(op, this.#mark(this.#waits())))}${repeat(ofJob, ({ id }) => id, (photo) => this.#photoRow(photo))}</ul>`);
  }

  /** @param {Evidence} photo */
  #photoRow(photo) {
    const { text, size, percent } = photoWords(photo, status().uploading, this.#zoneOf(photo.job));
    return html`<li class="row"><span class="thumb-icon">${icon('image')}</span>
      <span><strong>${text}</strong><br><span class="small two">${t('Job {number}', { number: photo.number })} · ${size}</span></span>
      ${this.#mark(percent === null ? this.#waits() : percent ? t('{percent}% sent', { percent }) : t('Sending …'))}</li>`;
  }

  /** @param {string} words */
  #mark(words) {
    return html`<span class="unsent">${icon('hourglass')}${words}</span>`;
  }

  /** What an item waits for. */
  #waits() {
    const { state } = this.#settled();
    if (state === 'offline') return t('waits for signal');
    if (state === 'signed_out') return t('waits for sign-in');
    return t('not confirmed yet');
  }

  #recent() {
    const recent = this.#box.recent.filter((op) => !op.trouble);
    if (!recent.length) return html`<div class="gap"></div>`;
    return html`${head(t('Confirmed in the last 24 hours'), t('Items: {count}', { count: recent.length }))}
      <ul class="rows">${repeat(recent, (op) => op.id, (op) => this.#row(op, this.#confirmed(op), this.#jobName(op.entity, op.number)))}</ul><div class="gap"></div>`;
  }

  /** Confirmed is not always taken as meant. @param {Op} op */
  #confirmed(op) {
    const plain = op.result === 'applied' || op.result === 'merged';
    return html`<span class="state state-done small">${icon(plain ? 'check' : 'inbox')}${plain ? time(op.acked_ms ?? op.occurred_at, this.#zoneOf(op.entity)) : t('with the office')}</span>`;
  }

  /** @param {Op} op @param {unknown} end @param {string} [job] */
  #row(op, end, job = '') {
    const words = this.#words(op);
    return html`<li class="row"><span class="thumb-icon">${icon(words.icon)}</span>
      <span><strong>${words.text}</strong>${job || words.small ? html`<br><span class="small two">${[job, words.small].filter(Boolean).join(' · ')}</span>` : nothing}</span>${end}</li>`;
  }

  #export() {
    const count = this.#box.pending.length + this.#box.photos.length;
    if (!count) return nothing;
    return html`<section class="stack-s"><div class="head"><h2>${t('When the phone cannot send or goes for repair')}</h2></div>
      <p class="small two">${t('Save what has not been sent as a file and give it to the office. Nothing is deleted from this phone, and nothing counts twice.')}</p>
      <button class="btn btn-wide" @click=${() => this.#exportUnsent()}>${icon('download')}${t('Export unsent items: {count}', { count })}</button></section>`;
  }

  #dock() {
    const { state } = status();
    const pending = unsentOf(status());
    const reasons = /** @type {Record<string, string>} */ ({
      offline: navigator.onLine ? '' : t('No signal, cannot send now'), signed_out: t('Sign in first'), revoked: t('This phone may not send'), not_allowed: t('This account may not send'),
    });
    const reason = reasons[state] ?? '';
    const words = state === 'sending' ? t('Sending …') : reason || (pending ? t('Send now') : t('Check for changes now'));
    return html`<div class="dock" role="region" aria-label=${t('Next step')}><button class="btn btn-wide tall ${pending && !reason ? 'btn-act' : ''}" ?disabled=${Boolean(reason)} aria-busy=${state === 'sending'} @click=${() => this.#send()}>${icon('cloud-upload')}${words}</button></div>`;
  }

  async #send() {
    const now = await syncNow();
    announce(now.state === 'ok' && !unsentOf(now) ? t('All on the server') : explanation(now, { storage: this.app.storageTrouble }).strong);
  }

  /** @param {Op} op */
  async #dismiss(op) {
    await this.app.store.dismiss(op.id).catch((error) => announce(errorWords(error)));
  }

  /** Asks first. The photo stays in the record, taken out where that can still be said. @param {Evidence} photo */
  async #giveUp({ id, job }) {
    const isSure = this.#doubted === id;
    this.#doubted = isSure ? '' : id;
    this.requestUpdate();
    if (!isSure) return;
    await this.app.store.confirm('void_photo', job, { photo_id: id, reason: t('The file could not be sent.') }).catch(() => {});
    try {
      await letGo(this.app.store, id);
    } catch (error) {
      announce(errorWords(error));
    }
  }

  async #exportUnsent() {
    try {
      announce(await saveUnsent(this.app.person, this.app));
    } catch (error) {
      announce(errorWords(error));
    }
  }

  /** @param {string} jobId @param {string} number */
  #jobName(jobId, number) {
    const job = this.#jobs.get(jobId);
    return job ? `${customerOf(job)} · ${typeWord(job.type)}` : t('Job {number}', { number });
  }

  /** @param {string} jobId */
  #zoneOf(jobId) {
    return this.#jobs.get(jobId)?.timezone ?? this.app.zone;
  }
}

/** @param {unknown} title @param {unknown} end */
function head(title, end) {
  return html`<section class="part-head"><div class="head"><h2>${title}</h2><span class="two">${end}</span></div></section>`;
}

customElements.define('outbox-screen', OutboxScreen);
