import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';

/**
 * One to five, as number and word.
 * @param {string} what name of the group
 * @param {string} name
 * @param {number} value 0: not rated
 * @param {boolean} explains says what the numbers mean
 * @param {(value: number) => void} change
 */
export function rateRow(what, name, value, explains, change) {
  const words = [explains ? t('1 not satisfied, 5 very satisfied') : '', t('Not satisfied'), t('Not quite'), t('All right'), t('Good'), t('Very good')];
  return html`<div class="rate"><p class="line between"><span id="rate-${what}">${name}</span><span class="small two">${words[value]}</span></p>
    <div class="rate-row" role="radiogroup" aria-labelledby="rate-${what}">${[1, 2, 3, 4, 5].map((one) => html`
      <label>${one}<input type="radio" name=${what} aria-label="${one} ${words[one]}" .checked=${value === one} @change=${() => change(one)}></label>`)}</div></div>`;
}
