import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { whyNot } from '#app/screens/checklist/items/why-not.js';

/** A deed: done, or why not. @type {import('#app/screens/checklist/types.js').ItemView} */
export const confirm = {
  icon: 'check',
  body(x) {
    const { button, field } = whyNot(x, t('Could not'), (why) => ({ done: false, why }));
    return html`<div class="pick"><button class="btn tall ${x.current ? 'btn-act' : ''}" aria-pressed=${Boolean(x.value?.done)} @click=${() => x.save({ done: true })}>${icon('check')}${t('Yes, done')}</button>${button}</div>${field}`;
  },
};
