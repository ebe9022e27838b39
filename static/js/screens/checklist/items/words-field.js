import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';

/**
 * Words of the technician: kept at every key, recorded when the field is left. Without a label the step names the field.
 * @param {import('#app/screens/checklist/types.js').ItemContext} x
 * @param {{label?: string, text: string, saved?: string | null, rows?: number, most?: number, keep: (text: string) => void, save: (text: string) => void}} field
 */
export function wordsField(x, { label, text, saved = '', rows = 2, most = 500, keep, save }) {
  const { key } = x.item;
  const left = most - [...text].length;
  return html`<div class="field">${label ? html`<label for="in-${key}">${label}</label>` : nothing}
    <textarea class="input" id="in-${key}" rows=${rows} .value=${text} aria-labelledby=${label ? nothing : `title-${key}`} aria-invalid=${x.fault ? 'true' : nothing} aria-describedby="${key}-fault"
      @input=${(/** @type {any} */ { target }) => keep(target.value)} @change=${(/** @type {any} */ { target }) => save(target.value)}></textarea>
    ${left < 50 ? html`<p class="cap">${t('Characters left: {count}', { count: left })}</p>` : nothing}</div>
    ${notYet(text !== saved, () => save(text))}`;
}

/** What was typed but not recorded, as after a killed browser: said, with the way to record it. @param {boolean} isOpen @param {() => void} save */
export function notYet(isOpen, save) {
  return isOpen ? html`<div class="line between"><span class="small two">${t('Not recorded yet')}</span><button class="btn btn-soft" @click=${save}>${icon('check')}${t('Record')}</button></div>` : nothing;
}
