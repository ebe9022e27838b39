import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { inWords } from '#app/screens/checklist/visit-view.js';
import { wordsField } from '#app/screens/checklist/items/words-field.js';

const SHORT = 16; // letters that stand on a button beside others; a Chinese character is two wide
const FEW = 3;

/** One or several of given answers, some with words. @type {import('#app/screens/checklist/types.js').ItemView} */
export const choose = {
  icon: 'list-checks',
  body(x) {
    const { key, options = [], many } = x.item;
    const { chosen, text } = { chosen: [], text: '', ...x.value, ...x.draft };
    const isShort = options.length <= FEW && options.every(({ words }) => width(inWords(words)) <= SHORT);
    const asksText = options.some((option) => option.text && chosen.includes(option.key));
    const choice = (/** @type {typeof options[number]} */ option) => html`<label class=${isShort ? '' : 'option'}>
      <input type=${many ? 'checkbox' : 'radio'} name=${key} .checked=${chosen.includes(option.key)} value=${option.key} @change=${pick}>
      ${isShort ? icon('check') : nothing}<span>${inWords(option.words)}</span></label>`;
    // read from the boxes: a second tap comes before the first is on the disk and drawn
    const pick = (/** @type {any} */ { target }) => {
      const now = [...target.closest('[role]').querySelectorAll('input')].filter((one) => one.checked).map((one) => one.value);
      const asked = options.some((option) => option.text && now.includes(option.key));
      record(x, now, asked ? text : '', asked);
    };
    return html`<div class=${isShort ? 'pick' : 'stack-s'} role=${many ? 'group' : 'radiogroup'} aria-labelledby="title-${key}" aria-describedby="${key}-fault">${options.map(choice)}</div>
      ${asksText ? wordsField(x, {
        label: t('Please say more'), text, saved: x.draft ? null : text,
        keep: (words) => x.keep({ chosen, text: words }), save: (words) => record(x, chosen, words, false),
      }) : nothing}`;
  },
};

/** Without the words it asks for, a choice waits for them. @param {import('#app/screens/checklist/types.js').ItemContext} x @param {string[]} chosen @param {string} text @param {boolean} waits */
function record(x, chosen, text, waits) {
  if (waits && !text.trim()) x.keep({ chosen, text });
  else x.save(chosen.length ? { chosen, text } : null);
}

/** @param {string} words */
function width(words) {
  return words.length * (/\p{Script=Han}/u.test(words) ? 2 : 1);
}
