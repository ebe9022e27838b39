import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { noPhoto, slot } from '#app/screens/checklist/items/photo.js';

/** The same view before and after, or why there can be none. @type {import('#app/screens/checklist/types.js').ItemView} */
export const photoPair = {
  icon: 'camera',
  body: (x) => html`<div class="pair">${slot(x, 'before', t('Before'))}${slot(x, 'after', t('After'))}</div>${noPhoto(x)}`,
};
