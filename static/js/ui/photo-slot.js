import { html, nothing, repeat } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { t, time } from '#app/core/i18n.js';
import { counts } from '#app/rules/visit.js';
import { clearIntent, lostShot, writeIntent } from '#app/device/intent.js';
import { prepare } from '#app/device/picture.js';
import { recordedPlace } from '#app/device/position.js';
import { estimate, isNearlyFull } from '#app/device/storage-quota.js';
import { announce } from '#app/ui/announce.js';
import { errorWords } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';
import { faultOf, isSignedFor, slotWords, whyWords } from '#app/ui/photo-words.js';
import '#app/ui/photo-view.js';

/** @typedef {import('#app/types/domain.js').PhotoRecord} PhotoRecord */
/** @typedef {{name: string, words: string, isSafe: boolean}} Report what became of one file; words: what is wrong, '' for nothing */

const PLACE_TIMEOUT_MS = 1000; // runs while the picture is made smaller; the next shot does not wait for a satellite
const NAME_LIMIT = 120;

/** The photos of one slot: take, choose, look at, take again. Each is kept on this phone by itself before it is called saved. */
class PhotoSlot extends LightElement {
  static properties = {
    app: { attribute: false }, job: { attribute: false }, item: { attribute: false }, purpose: { attribute: false }, least: { attribute: false },
    label: { attribute: false }, all: { attribute: false }, reports: { state: true }, saving: { state: true }, came: { state: true }, shown: { state: true },
  };

  /** Thumbnails by photo; '': this phone has none; null: not read, or not to be had. @type {Map<string, string | null>} */
  #thumbs = new Map();
  /** The photo that is taken again. @type {PhotoRecord | null} */
  #again = null;

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/screens/types.js').JobView} */
    this.job = /** @type {any} */ (undefined);
    /** Key of the checklist item; '': none. */
    this.item = '';
    /** Which slot; not called so, because every element has a `slot` of its own. @type {import('#app/types/domain.js').Slot} */
    this.purpose = 'during';
    /** How many are needed; 0: none. */
    this.least = 0;
    /** What the slot is called; '': by its own name. */
    this.label = '';
    /** Shows the photos of this slot for whatever item and from earlier leads too. */
    this.all = false;
    /** @type {Report[]} */
    this.reports = [];
    /** Files under way. */
    this.saving = 0;
    /** false: the camera came back without a picture. */
    this.came = true;
    /** The photo shown large. @type {string} */
    this.shown = '';
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('job')) this.#shots.filter(({ id }) => !this.#thumbs.has(id)).forEach((shot) => this.#readThumb(shot));
  }

  firstUpdated() {
    if (!this.#isLost) return;
    this.#again = this.#shots.find(({ id }) => id === lostShot()?.replaces) ?? null;
    this.#camera?.scrollIntoView({ block: 'center' });
    this.#camera?.focus();
  }

  render() {
    const shots = this.#shots;
    const shown = shots.find(({ id }) => id === this.shown);
    return html`<div class="shots" role="group" aria-label=${this.#name}>
      <p class="shots-label" aria-hidden="true">${this.#name}</p>
      ${this.least ? html`<p class="small two">${t('{count} of {least} needed', { count: shots.filter(counts).length, least: this.least })}</p>` : nothing}
      <div class="photos">
        ${repeat(shots, ({ id }) => id, (shot, index) => this.#tile(shot, index + 1))}
        ${this.saving ? html`<span class="photo photo-wait" role="status">${t('Saving …')}</span>` : nothing}
        ${this.#canAdd ? html`<button type="button" class="photo photo-empty" @click=${() => this.#ask('camera')}>${icon('camera')}${shots.length ? t('One more') : t('Take a photo')}</button>` : nothing}
      </div>
      ${this.#canAdd ? html`<button type="button" class="btn btn-quiet" @click=${() => this.#ask('gallery')}>${icon('image-plus')}${t('Gallery')}</button>
        ${this.#input('camera')}${this.#input('gallery')}` : nothing}
      ${this.#isLost ? note(t('The phone closed the app while the camera was open: take the photo again.')) : nothing}
      ${this.came ? nothing : note(t('No photo was taken. If the camera does not open, allow it in the phone’s settings or choose a picture from the gallery.'))}
      ${this.#reports()}
      ${shots.map((shot) => this.#trouble(shot))}
      ${shown ? html`<photo-view .app=${this.app} .job=${this.job} .photo=${shown} .thumb=${this.#picture(shown)} @closed=${() => this.#closed()}
        @again=${() => this.#ask('camera', shown)}></photo-view>` : nothing}
    </div>`;
  }

  get #name() {
    return this.label || slotWords()[this.purpose];
  }

  get #canAdd() {
    return !this.job.handedOver && this.job.state !== 'cancelled';
  }

  get #shots() {
    const { job, purpose: slot, item, all } = this;
    return job.photos.filter((shot) => shot.slot === slot && shot.void_reason === null && (all || (shot.item === item && shot.run === job.run)));
  }

  get #isLost() {
    const lost = lostShot();
    return lost?.job === this.job.id && lost.slot === this.purpose && lost.item === this.item;
  }

  /** @param {PhotoRecord} shot @param {number} number */
  #tile(shot, number) {
    const fault = faultOf(shot);
    const here = shot.only_here || shot.unsent;
    const at = time(shot.at_ms, this.job.timezone);
    const picture = this.#picture(shot);
    return html`<button type="button" class="photo" aria-haspopup="dialog" @click=${() => { this.shown = shot.id; }}>
      ${picture ? html`<img src=${picture} alt="" @error=${() => { this.#thumbs.set(shot.id, null); this.requestUpdate(); }}>` : icon(fault ? 'image-off' : 'image')}
      <span class="vh">${t('{slot}, photo {number}', { slot: this.#name, number })}${shot.caption ? ` ${shot.caption}` : ''}</span>
      <span class="photo-tag ${fault ? 'photo-tag-risk' : ''}">${fault ? [icon('triangle-alert'), t('{time} · does not count', { time: at })]
        : here ? [icon('smartphone'), t('{time} · only on this phone', { time: at })] : at}</span></button>`;
  }

  /** Address of a small picture: of this phone, else of the server; '': none to be had. @param {PhotoRecord} shot */
  #picture({ id, sha256, picture }) {
    const own = this.#thumbs.get(id);
    return own || (own === '' && picture === 'usable' ? `/api/blobs/${sha256}?as=thumb` : '');
  }

  /** @param {'camera' | 'gallery'} source */
  #input(source) {
    const isCamera = source === 'camera';
    return html`<input type="file" hidden accept="image/*" capture=${isCamera ? 'environment' : nothing} ?multiple=${!isCamera}
      @change=${(/** @type {Event} */ event) => this.#chosen(event, source)} @cancel=${() => this.#cancelled()}>`;
  }

  #reports() {
    if (!this.reports.some(({ words }) => words)) return nothing;
    return html`<div class="note note-risk" role="alert">${icon('circle-alert')}<ul class="stack-s">
      ${this.reports.map(({ name, words }) => html`<li><strong class="photo-name">${name}</strong> ${words || t('Saved on this phone')}</li>`)}
      <li>${t('Photos of this slot that are safe: {count}', { count: this.#shots.length })}</li></ul></div>`;
  }

  /** A photo that does not count, in words. @param {PhotoRecord} shot */
  #trouble(shot) {
    const fault = faultOf(shot);
    if (!fault || !this.#canAdd) return nothing;
    return html`<div class="note note-risk">${icon('image-off')}<div class="grow stack-s"><p><strong>${t('The photo of {time} does not count.', { time: time(shot.at_ms, this.job.timezone) })}</strong> ${fault}</p>
      <button type="button" class="btn" @click=${() => this.#ask('camera', shot)}>${icon('camera')}${t('Take another')}</button></div></div>`;
  }

  /** @param {PhotoRecord} shot */
  async #readThumb({ id }) {
    this.#thumbs.set(id, null);
    const kept = await this.app.store.photo(id).catch(() => null);
    this.#thumbs.set(id, kept?.thumb ? `data:image/jpeg;base64,${btoa(String.fromCharCode(...new Uint8Array(kept.thumb)))}` : '');
    this.requestUpdate();
  }

  /** The focus goes back to the photo, or to the camera when that has been removed. */
  async #closed() {
    this.shown = '';
    await this.updateComplete;
    if (document.activeElement === document.body) this.#camera?.focus();
  }

  /** @returns {HTMLElement | null} */
  get #camera() {
    return this.querySelector('.photo-empty');
  }

  /** Opens the camera once it is written down what for; a phone too full to write it down opens it all the same. @param {'camera' | 'gallery'} source @param {PhotoRecord | null} [again] */
  async #ask(source, again = null) {
    const { app, job, purpose: slot, item } = this;
    this.shown = '';
    this.reports = [];
    if (isNearlyFull(await estimate())) { // said before the shot, not after it
      this.reports = [{ name: '', words: errorWords(new AppError('photo_no_room')), isSafe: false }];
      return;
    }
    this.#again = again ?? (this.#isLost ? this.#again : null);
    const hash = item && location.hash.includes('/visit') ? `#/job/${job.id}/visit/${item}` : location.hash; // the step opens again
    if (source === 'camera') await writeIntent(app.store, { job: job.id, slot, item, replaces: this.#again?.id ?? null, hash, atMs: nowMs() }).catch(() => {});
    this.came = true;
    this.requestUpdate();
    /** @type {HTMLElement | null} */ (this.querySelector(source === 'camera' ? 'input[capture]' : 'input[multiple]'))?.click();
  }

  #cancelled() {
    this.came = false;
    clearIntent(this.app.store).catch(() => {});
  }

  /** @param {Event} event @param {'camera' | 'gallery'} source */
  async #chosen({ target }, source) {
    const input = /** @type {HTMLInputElement} */ (target);
    const files = [...(input.files ?? [])];
    input.value = ''; // the same file may be chosen again
    if (!files.length) return;
    this.came = true;
    this.reports = [];
    this.saving += files.length;
    const place = recordedPlace(this.app.store, PLACE_TIMEOUT_MS).catch(() => ({ place: null, no_place: 'unavailable' }));
    /** @type {Report[]} */
    const reports = [];
    for (const file of files) {
      reports.push(await this.#keep(file, source, place));
      this.saving -= 1;
    }
    const safe = reports.filter(({ isSafe }) => isSafe).length;
    if (safe) announce(files.length > 1 ? t('Saved on this phone: {safe} of {count}', { safe, count: files.length }) : t('Saved on this phone'));
    this.reports = reports;
    clearIntent(this.app.store).catch(() => {});
  }

  /** One file, whatever becomes of the others. @param {File} file @param {'camera' | 'gallery'} source @param {Promise<object>} place @returns {Promise<Report>} */
  async #keep(file, source, place) {
    const { app, job, purpose: slot, item } = this;
    try {
      const picture = await prepare(file, { source, keepFull: (await app.store.meta('photos_full')) === 'on' });
      const { data, type, sha256, thumb, size, why, opens, declared } = picture;
      if (size) {
        if (isNearlyFull(await estimate(), size)) throw new AppError('photo_no_room');
        const again = this.#again;
        this.#again = null;
        const args = { slot, item: again?.item ?? item, caption: again?.caption ?? '', sha256, size, media_type: type, source, file_name: file.name.slice(0, NAME_LIMIT), opens, declared, replaces: again?.id ?? null, ...(await place) };
        if (again && isSignedFor(job, again)) await app.store.confirm('void_photo', job.id, { photo_id: again.id, reason: faultOf(again) });
        await app.store.confirm('add_photo', job.id, args, [{ sha256, data, type, thumb }]);
      }
      return { name: file.name, words: whyWords(why), isSafe: size > 0 };
    } catch (error) {
      return { name: file.name, words: errorWords(error), isSafe: false };
    }
  }
}

/** @param {string} words */
function note(words) {
  return html`<p class="note note-wait" role="status">${icon('camera')}<span>${words}</span></p>`;
}

customElements.define('photo-slot', PhotoSlot);
