import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { milliOf, milliText } from '#app/screens/checklist/milli.js';
import { inWords } from '#app/screens/checklist/visit-view.js';
import { whyNot } from '#app/screens/checklist/items/why-not.js';
import { notYet } from '#app/screens/checklist/items/words-field.js';

/** A measured figure, with words of warning when it is outside; or why there is none. @type {import('#app/screens/checklist/types.js').ItemView} */
export const number = {
  icon: 'ruler',
  body(x) {
    const { key, unit, least_milli, warn_below_milli, warn_above_milli, warn } = x.item;
    const { button, field } = whyNot(x, t('Cannot be measured'), (why) => ({ why }), 'btn-quiet');
    const saved = x.value?.milli === undefined ? '' : milliText(x.value.milli);
    const text = x.draft?.text ?? saved;
    const milli = milliOf(text);
    const save = () => x.save(text.trim() ? { milli: milli ?? text } : null);
    const isOutside = milli !== null && ((warn_below_milli != null && milli < warn_below_milli) || (warn_above_milli != null && milli > warn_above_milli));
    return html`<div class="input-unit"><input class="input" id="in-${key}" aria-labelledby="title-${key}" aria-describedby="unit-${key} ${key}-fault" autocomplete="off"
      inputmode=${(least_milli ?? 0) < 0 ? 'text' : 'decimal'} .value=${text} aria-invalid=${x.fault ? 'true' : nothing}
      @input=${(/** @type {any} */ { target }) => x.keep({ text: target.value })} @change=${save}><span id="unit-${key}">${unit}</span></div>
      <div role="status">${isOutside ? html`<p class="note note-wait">${icon('triangle-alert')}<span>${inWords(warn)}</span></p>` : nothing}</div>
      ${notYet(text !== saved, save)}${saved ? nothing : html`${button}${field}`}`;
  },
};
