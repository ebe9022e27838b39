import { html, nothing } from '#vendor/lit.js';
import { icon } from '#app/ui/icon.js';
import { milliOf, milliText } from '#app/screens/checklist/milli.js';
import { inWords } from '#app/screens/checklist/visit-view.js';
import { notYet } from '#app/screens/checklist/items/words-field.js';

/** A measured figure, with words of warning when it is outside. @type {import('#app/screens/checklist/types.js').ItemView} */
export const number = {
  icon: 'ruler',
  body(x) {
    const { key, unit, least_milli, warn_below_milli, warn_above_milli, warn } = x.item;
    const saved = x.value ? milliText(x.value.milli) : '';
    const text = x.draft?.text ?? saved;
    const milli = milliOf(text);
    const save = () => x.save(text.trim() ? { milli: milli ?? text } : null);
    const isOutside = milli !== null && ((warn_below_milli != null && milli < warn_below_milli) || (warn_above_milli != null && milli > warn_above_milli));
    return html`<div class="input-unit"><input class="input" id="in-${key}" aria-labelledby="title-${key}" aria-describedby="unit-${key} ${key}-fault" autocomplete="off"
      inputmode=${(least_milli ?? 0) < 0 ? 'text' : 'decimal'} .value=${text} aria-invalid=${x.fault ? 'true' : nothing}
      @input=${(/** @type {any} */ { target }) => x.keep({ text: target.value })} @change=${save}><span id="unit-${key}">${unit}</span></div>
      <div role="status">${isOutside ? html`<p class="note note-wait">${icon('triangle-alert')}<span>${inWords(warn)}</span></p>` : nothing}</div>
      ${notYet(text !== saved, save)}`;
  },
};
