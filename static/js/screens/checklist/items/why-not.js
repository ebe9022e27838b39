import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { wordsField } from '#app/screens/checklist/items/words-field.js';

/**
 * The way out of a step: it could not be done, and why.
 * @param {import('#app/screens/checklist/types.js').ItemContext} x
 * @param {string} words of the button
 * @param {(why: string) => any} valueOf the answer that says so
 * @param {string} [look] of the button
 */
export function whyNot(x, words, valueOf, look = 'tall') {
  const why = x.draft?.why ?? x.value?.why;
  return {
    button: html`<button class="btn ${look}" aria-expanded=${why !== undefined} @click=${() => x.keep({ ...x.draft, why: why === undefined ? '' : undefined })}>${icon('minus')}${words}</button>`,
    field: why === undefined ? nothing : wordsField(x, {
      label: t('Why could it not be done?'), text: why, saved: x.value?.why, keep: (text) => x.keep({ ...x.draft, why: text }), save: (text) => x.save(valueOf(text)),
    }),
  };
}
