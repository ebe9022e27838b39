import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';

/** One photo as the customer sees it: the small picture, a tap enlarges it. */
class SheetPhoto extends LightElement {
  static properties = { app: { attribute: false }, photo: { attribute: false }, label: {}, address: { state: true }, fails: { state: true } };

  constructor() {
    super();
    /** @type {import('#app/screens/types.js').AppContext} */
    this.app = /** @type {any} */ (undefined);
    /** @type {import('#app/types/domain.js').PhotoRecord} */
    this.photo = /** @type {any} */ (undefined);
    this.label = '';
    /** Of the small picture. */
    this.address = '';
    this.fails = false;
  }

  async connectedCallback() {
    super.connectedCallback();
    this.address = await this.#addressOf('thumb');
    this.fails = this.address.startsWith('/') && this.photo.picture !== 'usable'; // the server has none either
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.address);
  }

  /** From this phone, else from the server. @param {'thumb' | 'view'} size */
  async #addressOf(size) {
    const kept = await this.app.store.photo(this.photo.id).catch(() => null);
    const bytes = size === 'thumb' ? kept?.thumb ?? kept?.data : kept?.data;
    return bytes ? URL.createObjectURL(new Blob([bytes])) : `/api/blobs/${this.photo.sha256}?as=${size}`;
  }

  render() {
    if (!this.address || this.fails) return html`<span class="photo photo-away">${icon('image')}<span class="vh">${this.label}</span></span>`;
    return html`<button type="button" class="photo photo-button" aria-label=${t('Enlarge: {photo}', { photo: this.label })} @click=${() => this.#enlarge()}>
      <img src=${this.address} alt="" @error=${() => { this.fails = true; }}></button>`;
  }

  /** The page around shows it, one large picture at a time, in its own time to be thrown away. */
  async #enlarge() {
    this.dispatchEvent(new CustomEvent('enlarge', { bubbles: true, detail: { small: this.address, large: await this.#addressOf('view'), label: this.label } }));
  }
}

customElements.define('sheet-photo', SheetPhoto);
