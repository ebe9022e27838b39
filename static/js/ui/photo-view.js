import { LitElement, html, nothing } from '#vendor/lit.js';
import { t, time } from '#app/core/i18n.js';
import { announce } from '#app/ui/announce.js';
import { errorWords, faultLine, troubleNote } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { faultOf, slotWords } from '#app/ui/photo-words.js';

const CAPTION_LIMIT = 200;
const REASON_LIMIT = 500;

/** One photo in front of the page: what it shows in words, take it again, take it out. Says `closed` and `again`. */
class PhotoView extends LitElement {
  static properties = {
    app: { attribute: false }, job: { attribute: false }, photo: { attribute: false }, thumb: { attribute: false },
    large: { state: true }, caption: { state: true }, removing: { state: true }, fault: { state: true }, trouble: { state: true },
  };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').JobView} */
    this.job = /** @type {any} */ (undefined);
    /** @type {import('#app/types/domain.js').PhotoRecord} */
    this.photo = /** @type {any} */ (undefined);
    /** Address of the small picture, shown until the large one is there; ''. none. */
    this.thumb = '';
    /** @type {string} */
    this.large = '';
    /** What is being typed; null: nothing yet. @type {string | null} */
    this.caption = null;
    this.removing = false;
    this.fault = '';
    this.trouble = '';
  }

  createRenderRoot() {
    return this;
  }

  async firstUpdated() {
    this.#dialog.showModal();
    const { app, photo } = this;
    const [kept, draft] = await Promise.all([app.store.photo(photo.id).catch(() => null), app.store.draft(this.#draftKey).catch(() => undefined)]);
    this.caption ??= draft ?? null; // a fast thumb is right
    if (kept?.data && photo.opens) this.large = URL.createObjectURL(new Blob([kept.data], { type: kept.type }));
    else if (photo.picture === 'usable') this.large = `/api/blobs/${photo.sha256}?as=view`;
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
        ${picture ? html`<img class="photo-large ${this.removing ? 'photo-less' : ''}" src=${picture} alt=${photo.caption || words} @error=${() => { this.large = ''; }}>`
          : html`<p class="note">${icon(fault ? 'image-off' : 'image')}<span>${fault || t('The picture is on the server. It shows when there is signal.')}</span></p>`}
        ${fault && picture ? html`<p class="note note-risk">${icon('triangle-alert')}<span>${fault}</span></p>` : nothing}
        <p class="cap">${photo.by}${photo.only_here || photo.unsent ? ` · ${t('Only on this phone')}` : ''}${photo.late ? ` · ${t('taken after the job was handed over')}` : ''}</p>
        ${this.#mayWrite ? this.#form() : photo.caption ? html`<p>${photo.caption}</p>` : nothing}
        ${troubleNote(this.trouble)}
      </div></dialog>`;
  }

  #form() {
    if (this.removing) return this.#whyForm();
    return html`<form class="field" novalidate @submit=${(/** @type {Event} */ event) => this.#saveCaption(event)}><label for="caption">${t('What can be seen')}</label>
        <div class="field-row"><input class="input" id="caption" maxlength=${CAPTION_LIMIT} autocomplete="off" .value=${this.caption ?? this.photo.caption} @input=${(/** @type {Event} */ event) => this.#typed(event)}>
        <button class="btn">${t('Save')}</button></div></form>
      <div class="btns"><button type="button" class="btn grow" @click=${() => this.dispatchEvent(new CustomEvent('again'))}>${icon('camera')}${t('Take again')}</button>
        ${this.#mayRemove ? html`<button type="button" class="btn btn-risk grow" @click=${() => this.#askWhy()}>${icon('trash-2')}${t('Remove')}</button>` : nothing}</div>`;
  }

  #whyForm() {
    return html`<form class="field" novalidate @submit=${(/** @type {Event} */ event) => this.#remove(event)}><label for="void-why">${t('Why is it removed? It stays in the record.')}</label>
      <input class="input" id="void-why" maxlength=${REASON_LIMIT} autocomplete="off" aria-describedby="void-why-fault" aria-invalid=${this.fault ? 'true' : 'false'}>
      ${faultLine('void-why', this.fault)}
      <div class="suggestions">${[t('Blurred'), t('Wrong place'), t('Shows something private')].map((why) => html`<button type="button" class="btn btn-soft" @click=${() => { this.#why.value = why; }}>${why}</button>`)}</div>
      <button class="btn btn-risk-fill btn-wide">${t('Remove the photo')}</button></form>`;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  get #why() {
    return /** @type {HTMLInputElement} */ (this.querySelector('#void-why'));
  }

  get #draftKey() {
    return `caption:${this.photo.id}`;
  }

  get #mayWrite() {
    return !this.job.handedOver && this.job.state !== 'cancelled';
  }

  get #mayRemove() {
    const { id } = this.app.person;
    return this.photo.by_id === id || this.job.lead?.id === id;
  }

  /** @param {Event} event */
  #typed({ target }) {
    this.caption = /** @type {HTMLInputElement} */ (target).value;
    this.app.store.setDraft(this.#draftKey, this.caption).catch((error) => { this.trouble = errorWords(error); });
  }

  /** @param {Event} event */
  async #saveCaption(event) {
    event.preventDefault();
    const { app, job, photo } = this;
    const caption = (this.caption ?? photo.caption).trim();
    await this.#write(async () => {
      if (caption !== photo.caption) await app.store.confirm('caption_photo', job.id, { photo_id: photo.id, caption });
      await app.store.setDraft(this.#draftKey, undefined).catch(() => {});
    });
  }

  async #askWhy() {
    this.removing = true;
    await this.updateComplete;
    this.#why.focus();
  }

  /** @param {Event} event */
  async #remove(event) {
    event.preventDefault();
    const { app, job, photo } = this;
    const reason = this.#why.value.trim();
    this.fault = reason ? '' : t('A reason is needed.');
    if (!reason) return this.#why.focus();
    return this.#write(() => app.store.confirm('void_photo', job.id, { photo_id: photo.id, reason }));
  }

  /** @param {() => Promise<unknown>} act */
  async #write(act) {
    try {
      await act();
      announce(t('Saved on this phone'));
      this.#dialog?.close();
    } catch (error) {
      this.trouble = errorWords(error);
    }
  }
}

customElements.define('photo-view', PhotoView);
