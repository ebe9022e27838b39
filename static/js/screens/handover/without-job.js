import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { readTrouble, topBar } from '#app/screens/frame.js';

/** The job is being read, cannot be read, or is not here. @param {import('#app/ui/screen.js').Screen} screen */
export function withoutJob(screen) {
  return html`<div class="screen">${topBar({ back: '#/today', title: t('Job') })}<main>
    ${screen.trouble ? readTrouble(screen.trouble, () => screen.reread())
      : html`<section class="empty" aria-busy=${!screen.loaded}>${screen.loaded ? icon('circle-help') : ''}<p class="two">${screen.loaded ? t('This job is not on this phone.') : t('Opening …')}</p></section>`}
  </main></div>`;
}
