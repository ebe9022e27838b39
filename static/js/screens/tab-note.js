import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { canOfferInstall, thisBrowser } from '#app/device/install.js';
import { icon } from '#app/ui/icon.js';

/** In a tab where there is or could be an app: on iPhones, and between browsers, each keeps its own records. */
export function tabNote() {
  const { installed, inApp, ios } = thisBrowser();
  if (installed || !(ios || inApp || canOfferInstall())) return nothing;
  return html`<p class="note note-wait">${icon('smartphone')}<span><strong>${t('This is a browser tab, not the app on the home screen.')}</strong>
    ${t('Work written in this tab stays in this tab: the app may not see it before it is sent. If the app is on the home screen, send what is here and go on there.')}</span></p>`;
}
