import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { opening, readTrouble, topBar } from '#app/screens/frame.js';

/** The job is being read, cannot be read, or is not here. @param {import('#app/ui/screen.js').Screen} screen */
export function withoutJob(screen) {
  return html`<div class="screen">${topBar({ back: '#/today', title: t('Job') })}<main>
    ${screen.trouble ? readTrouble(screen.trouble, () => screen.reread()) : screen.loaded
      ? html`<section class="empty">${icon('circle-help')}<p class="strong">${t('This job is not on this phone.')}</p><p class="small two">${t('It was given to somebody else, or it is older than the seven days kept here. What you did on it is on the server.')}</p></section>`
      : opening()}
  </main></div>`;
}
