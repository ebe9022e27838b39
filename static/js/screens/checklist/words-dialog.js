import { html, nothing } from '#vendor/lit.js';
import { lang, t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { LightElement } from '#app/ui/light-element.js';

/** @typedef {{words: (language: string) => string, language: string, read?: (language: string) => void}} Shown `read`: the customer has read it */

/** Words that fill the screen: for the customer to read, or for the technician at arm's length. */
class WordsDialog extends LightElement {
  static properties = { shown: { state: true } };

  constructor() {
    super();
    /** @type {Shown | null} */
    this.shown = null;
  }

  /** @param {Shown} shown */
  async open(shown) {
    this.shown = shown;
    await this.updateComplete;
    this.querySelector('dialog')?.showModal();
  }

  render() {
    const { shown } = this;
    if (!shown) return nothing;
    const { words, language, read } = shown;
    const close = () => this.querySelector('dialog')?.close();
    return html`<dialog class="sheet-dialog dialog-full words-dialog" aria-label=${t('For the customer to read')} @close=${() => { this.shown = null; }}>
      <div class="dialog-head">${languageSwitch(language, (chosen) => { this.shown = { ...shown, language: chosen }; })}
        <button class="btn btn-icon btn-quiet" aria-label=${t('Close')} @click=${close}>${icon('x')}</button></div>
      <p class="words-large" lang=${language} tabindex="0">${words(language)}</p>
      <div class="dialog-foot"><button class="btn btn-act tall" @click=${() => { read?.(language); close(); }}>${icon('check')}${read ? t('The customer has read it') : t('Close')}</button></div>
    </dialog>`;
  }
}

customElements.define('words-dialog', WordsDialog);

/** To the other language of the script, named in its own words. @param {string} language @param {(language: string) => void} choose */
export function languageSwitch(language, choose) {
  const other = language === 'zh' ? 'en' : 'zh';
  return html`<button class="btn btn-quiet" lang=${other} @click=${() => choose(other)}>${icon('languages')}${other === 'zh' ? '中文' : 'English'}</button>`;
}

/** The language a script begins with: the app's. */
export function scriptLanguage() {
  return lang() === 'en' ? 'en' : 'zh';
}
