import { html, nothing } from '#vendor/lit.js';
import { t, time } from '#app/core/i18n.js';
import { announce } from '#app/ui/announce.js';
import { errorWords, troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';
import { faultOf, isSignedFor, slotWords } from '#app/ui/photo-words.js';

const LIMIT = 200; // characters

/** One photo in front of the page: what it shows in words, take it again, take it out. Says `closed` and `again`. */
class PhotoView extends LightElement {
  static properties = {
    app: { attribute: false }, job: { attribute: false }, photo: { attribute: false }, thumb: { attribute: false },
    large: { state: true }, words: { state: true }, removing: { state: true }, trouble: { state: true },
  };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').JobView} */
    this.job = /** @type {any} */ (undefined);
    /** @type {import('#app/types/domain.js').PhotoRecord} */
    this.photo = /** @type {any} */ (undefined);
    /** Address of the small picture, shown until the large one is there; '': none. */
    this.thumb = '';
    /** @type {string} */
    this.large = '';
    /** What is being typed: the caption, or why it is removed. */
    this.words = '';
    this.removing = false;
    this.trouble = '';
  }

  async firstUpdated() {
    const { app, photo } = this;
    this.words = photo.caption;
    this.#dialog.showModal();
    const [kept, draft] = await Promise.all([app.store.photo(photo.id).catch(() => null), app.store.draft(this.#draftKey).catch(() => undefined)]);
    if (draft !== undefined && this.words === photo.caption) this.words = draft; // a fast thumb is right
    if (kept?.data && photo.opens) this.large = URL.createObjectURL(new Blob([kept.data], { type: kept.type }));
    else if (photo.picture === 'usable') this.large = server(photo);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.large);
  }

  render() {
    const { job, photo } = this;
    const fault = faultOf(photo);
    const picture = this.large || this.thumb;
    const words = t('{slot}, {time}', { slot: slotWords()[photo.slot], time: time(photo.at_ms, job.timezone) });
    return html`<dialog class="sheet-dialog" aria-label=${words} @close=${() => this.dispatchEvent(new CustomEvent('closed'))}>
      <div class="dialog-head"><h2>${words}</h2><button type="button" class="btn btn-icon btn-quiet" aria-label=${t('Close')} @click=${() => this.#dialog.close()}>${icon('x')}</button></div>
      <div class="dialog-body">
        ${picture ? html`<img class="photo-large ${this.removing ? 'photo-less' : ''}" src=${picture} alt=${photo.caption || words} @error=${() => { this.large = photo.picture === 'usable' && this.large.startsWith('blob:') ? server(photo) : ''; }}>`
          : html`<p class="note">${icon(fault ? 'image-off' : 'image')}<span>${fault || (photo.picture === 'usable' ? t('The picture is on the server. It shows when there is signal.') : t('It is kept, but cannot be shown here yet.'))}</span></p>`}
        ${fault && picture ? html`<p class="note note-risk">${icon('triangle-alert')}<span>${fault}</span></p>` : nothing}
        <p class="cap">${photo.by}${photo.only_here || photo.unsent ? ` · ${t('Only on this phone')}` : ''}${photo.late ? ` · ${t('taken after the job was handed over')}` : ''}</p>
        ${this.#mayWrite ? this.#form() : photo.caption ? html`<p>${photo.caption}</p>` : nothing}
        ${troubleNote(this.trouble)}
      </div></dialog>`;
  }

  #form() {
    const { job, photo, removing } = this;
    const isSigned = isSignedFor(job, photo);
    return html`${isSigned ? html`<p class="note">${icon('signature')}<span>${t('This photo stands on the sign-off.')} ${removing ? nothing : photo.caption}</span></p>` : nothing}
      ${isSigned && !removing ? nothing : html`<form class="field" novalidate @submit=${(/** @type {Event} */ event) => this.#submit(event)}>
        <label for="photo-words">${removing ? t('Why is it removed? It stays in the record.') : t('What can be seen')}</label>
        <input class="input" id="photo-words" maxlength=${LIMIT} autocomplete="off" .value=${this.words} @input=${() => this.#typed(this.#field.value)}>
        ${removing ? html`<div class="suggestions">${[t('Blurred'), t('Wrong place'), t('Shows something private')].map((why) => html`<button type="button" class="btn btn-soft" @click=${() => this.#typed(why)}>${why}</button>`)}</div>` : nothing}
        <button class="btn btn-wide ${removing ? 'btn-risk-fill' : ''}">${removing ? t('Remove the photo') : t('Save')}</button></form>`}
      ${removing ? nothing : html`<div class="btns">${isSigned && !faultOf(photo) ? nothing : html`<button type="button" class="btn grow" @click=${() => this.dispatchEvent(new CustomEvent('again'))}>${icon('camera')}${t('Take again')}</button>`}
        ${this.#mayRemove ? html`<button type="button" class="btn btn-risk grow" @click=${() => this.#askWhy()}>${icon('trash-2')}${t('Remove')}</button>` : nothing}</div>`}`;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  get #field() {
    return /** @type {HTMLInputElement} */ (this.querySelector('#photo-words'));
  }

  get #draftKey() {
    return `caption:${this.photo.id}`;
  }

  get #mayWrite() {
    return !this.job.handedOver && !this.job.closed && this.job.state !== 'cancelled';
  }

  get #mayRemove() {
    const { id } = this.app.person;
    return this.photo.by_id === id || this.job.lead?.id === id;
  }

  /** A caption is kept at every key; a reason is a word or two. @param {string} words */
  #typed(words) {
    this.words = words;
    if (!this.removing) this.app.store.setDraft(this.#draftKey, words).catch((error) => { this.trouble = errorWords(error); });
  }

  async #askWhy() {
    this.removing = true;
    this.words = '';
    await this.updateComplete;
    this.#field.focus();
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const { app, job, photo, removing } = this;
    const words = this.words.trim();
    if (removing && !words) {
      this.trouble = t('A reason is needed.');
      return this.#field.focus();
    }
    try {
      if (removing) await app.store.confirm('void_photo', job.id, { photo_id: photo.id, reason: words });
      else if (words !== photo.caption) await app.store.confirm('caption_photo', job.id, { photo_id: photo.id, caption: words });
      await app.store.setDraft(this.#draftKey, undefined).catch(() => {});
      announce(t('Saved on this phone'));
      this.#dialog?.close();
    } catch (error) {
      this.trouble = errorWords(error);
    }
  }
}

/** @param {import('#app/types/domain.js').PhotoRecord} photo */
function server({ sha256 }) {
  return `/api/blobs/${sha256}?as=view`;
}

customElements.define('photo-view', PhotoView);
