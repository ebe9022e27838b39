import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import '#app/ui/photo-slot.js';
import { whyNot } from '#app/screens/checklist/items/why-not.js';

/** Photos in one slot, or why there can be none. @type {import('#app/screens/checklist/types.js').ItemView} */
export const photo = { icon: 'camera', body: (x) => html`${slot(x, x.item.slot ?? 'during')}${noPhoto(x)}` };

/** @param {import('#app/screens/checklist/types.js').ItemContext} x @param {string} name @param {string} [label] */
export function slot({ app, job, item }, name, label = '') {
  return html`<photo-slot .app=${app} .job=${job} .item=${item.key} .purpose=${name} .least=${item.least ?? 1} .label=${label}></photo-slot>`;
}

/** Hidden where there are photos enough. @param {import('#app/screens/checklist/types.js').ItemContext} x */
export function noPhoto(x) {
  const { button, field } = whyNot(x, t('No photo possible'), (why) => ({ why }), 'btn-quiet');
  return x.done && !x.value ? [] : html`${button}${field}`;
}
