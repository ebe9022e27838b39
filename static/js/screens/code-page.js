import { html, nothing, svg } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { topBar } from '#app/screens/frame.js';
import { copy } from '#app/screens/navigate.js';
import { qrPath } from '#app/screens/qr-path.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

/** The part of a job's address → which of its links it shows. */
export const CODES = /** @type {const} */ ({ badge: 'badge', link: 'case', report: 'report' });

/**
 * A code that fills the screen, for the customer to scan; it needs no signal.
 * @param {import('#app/screens/types.js').AppContext} app
 * @param {JobView} job
 * @param {keyof typeof CODES} part
 */
export function codePage(app, job, part) {
  const shown = job.links?.[CODES[part]];
  const badge = part === 'badge';
  const { size, path } = shown ? qrPath(shown.qr) : { size: 0, path: '' };
  return html`<div class="screen code-page">
    ${topBar({ back: `#/job/${job.id}`, backWord: t('Back to the job'), title: badge ? t('My badge') : part === 'link' ? t('Customer’s link') : t('Report') })}
    <main tabindex="0"><section class="sheet stack">
      ${badge ? html`<p class="me-name">${app.me?.name || app.person.name}</p>${app.me?.badge_no ? html`<p><span class="badge-no">${app.me.badge_no}</span></p>` : nothing}` : nothing}
      ${shown ? html`<div class="qr-code" role="img" aria-label=${t('QR code')}>${svg`<svg viewBox="-2 -2 ${size + 4} ${size + 4}" shape-rendering="crispEdges"><path fill="currentColor" d=${path}/></svg>`}</div>
        <p>${badge ? t('Scanned with a phone’s camera, it says who you are and that you are expected here.') : part === 'link' ? t('Here the customer sees how the case stands, can rate it, and can sign later.') : t('Here anybody can check the report, once this phone has sent everything.')}</p>
        ${badge ? nothing : html`<p class="cap code-address">${shown.address}</p>
          <div class="pick"><button class="btn" @click=${() => void copy(shown.address)}>${icon('copy')}${t('Copy')}</button>
          ${navigator.share ? html`<button class="btn" @click=${() => void navigator.share({ url: shown.address }).catch(() => {})}>${icon('share-2')}${t('Share')}</button>` : nothing}</div>`}`
        : html`<p class="two">${t('There is no code on this phone. The office can give the customer the link.')}</p>`}
    </section></main></div>`;
}
