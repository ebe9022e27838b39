import { html, nothing } from '#vendor/lit.js';
import { reasonText } from '#app/core/reasons.js';
import { icon } from '#app/ui/icon.js';

/** What went wrong, in words. @param {unknown} error an AppError, or anything else: then it is said to be ours */
export function errorWords(error) {
  const { code = 'app_error', facts = {} } = /** @type {any} */ (error) ?? {};
  return reasonText(code, facts);
}

/** Beside its field and named by the field's aria-describedby; always there, so that it is announced. @param {string} id @param {string | undefined} words */
export function faultLine(id, words) {
  return html`<p class="field-error" id="${id}-fault">${words ? html`${icon('circle-alert')}<span>${words}</span>` : nothing}</p>`;
}

/** Something failed as a whole. @param {string} words '' shows nothing */
export function troubleNote(words) {
  return words ? html`<p class="note note-risk" role="alert">${icon('circle-alert')}<span>${words}</span></p>` : nothing;
}
