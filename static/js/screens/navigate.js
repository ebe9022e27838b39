import { html, nothing, render } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { t, time } from '#app/core/i18n.js';
import { mapLink } from '#app/core/maplinks.js';
import { announce } from '#app/ui/announce.js';
import { errorWords } from '#app/ui/errors.js';
import { icon } from '#app/ui/icon.js';
import { fullAddress, stepWord } from '#app/screens/job-words.js';
import { otherWords, recordStep, underWay } from '#app/screens/take-step.js';
import { isLed } from '#app/screens/today-plan.js';

/** @typedef {import('#app/screens/types.js').AppContext} AppContext */
/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {import('#app/core/maplinks.js').MapApp} MapApp */

/** The map applications in the order people here use them. @returns {[MapApp, string][]} */
export function mapApps() {
  return [['amap', t('AMap')], ['baidu', t('Baidu Maps')], ['tencent', t('Tencent Maps')], ['apple', t('Apple Maps')], ['google', t('Google Maps')], ['geo', t('Another map on this phone')]];
}

/**
 * Shows the way to a job: in the map application chosen once, offering "on my way" where that is the next step.
 * @param {AppContext} app
 * @param {JobView} job
 */
export async function navigateTo(app, job) {
  const chosen = /** @type {MapApp | undefined} */ (await app.store.meta('map_app').catch(() => undefined));
  const offersDeparture = job.state === 'accepted' && !job.handedOver && isLed(job, app.person.id);
  if (job.site.lat !== null && chosen && !offersDeparture) return openOutside(linkFor(chosen, job));
  const other = chosen && offersDeparture ? await underWay(app, job).catch(() => undefined) : undefined;
  showSheet(app, job, chosen, offersDeparture, other);
}

/** @param {AppContext} app @param {JobView} job @param {MapApp | undefined} chosen @param {boolean} offersDeparture @param {JobView} [other] under way */
function showSheet(app, job, chosen, offersDeparture, other) {
  const dialog = document.createElement('dialog');
  dialog.className = 'sheet-dialog';
  dialog.setAttribute('aria-labelledby', 'way-title');
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  const close = () => dialog.close();
  render(html`<div class="dialog-head"><h2 id="way-title">${t('Navigation')}</h2>
    <button class="btn btn-icon btn-quiet" aria-label=${t('Close')} @click=${close}>${icon('x')}</button></div>
    <p class="dialog-text small two mt-3">${fullAddress(job)}</p>
    ${job.site.lat === null ? withoutPlace(job) : chosen ? withDeparture(app, job, chosen, close, other) : choice(app, job, offersDeparture, close)}`, dialog);
  document.body.append(dialog);
  dialog.showModal();
}

/** The next step and the way in one tap. @param {AppContext} app @param {JobView} job @param {MapApp} chosen @param {() => void} close @param {JobView} [other] under way */
function withDeparture(app, job, chosen, close, other) {
  const link = linkFor(chosen, job);
  return html`<div class="dialog-text stack-s">
    ${other ? html`<p class="note note-wait">${icon('info')}<span>${otherWords(other)}</span></p>` : nothing}
    <a class="btn btn-act next" href=${link} target="_blank" rel="noopener" @click=${() => { void depart(app, job); close(); }}>${t('On my way, show the way')}<small>${t('Records departure at {time}', { time: time(nowMs(), job.timezone) })}</small></a>
    <a class="btn btn-wide" href=${link} target="_blank" rel="noopener" @click=${close}>${t('Only show the way')}</a></div>`;
}

/** @param {AppContext} app @param {JobView} job @param {boolean} offersDeparture @param {() => void} close */
function choice(app, job, offersDeparture, close) {
  return html`<p class="dialog-text small">${t('Which map do you use? You can change this later under “Me”.')}</p>
    <div class="rows">${mapApps().map(([name, words]) => html`
      <a class="row" href=${linkFor(name, job)} target="_blank" rel="noopener" @click=${() => { void app.store.setMeta('map_app', name); close(); }}>${icon('map')}<strong>${words}</strong>${icon('external-link')}</a>`)}</div>
    ${offersDeparture ? html`<p class="dialog-text cap">${t('This records no departure; tap “On my way” for that.')}</p>` : nothing}`;
}

/** No position is known: a map can still look for the words. @param {JobView} job */
function withoutPlace(job) {
  const words = [job.site.district, job.site.address].filter(Boolean).join('');
  return html`<p class="note note-wait dialog-note">${icon('map-pin-off')}<span><strong>${t('The office has no position for this address.')}</strong> ${t('Let a map look for the words, or copy the address.')}</span></p>
    <div class="dialog-text stack-s">
      <a class="btn btn-wide" href="https://uri.amap.com/search?keyword=${encodeURIComponent(words)}&src=fieldservice&callnative=1" target="_blank" rel="noopener">${icon('search')}${t('Look for it in AMap')}</a>
      <button class="btn btn-wide" @click=${() => void copy(fullAddress(job))}>${icon('copy')}${t('Copy the address')}</button></div>`;
}

/** @param {MapApp} name @param {JobView} job */
function linkFor(name, job) {
  return mapLink(name, { lat: job.site.lat ?? 0, lng: job.site.lng ?? 0, name: job.site.address });
}

/** @param {AppContext} app @param {JobView} job */
async function depart(app, job) {
  try {
    await recordStep(app.store, job, { step: 'depart' });
    announce(t('{step} {time}: saved on this phone', { step: stepWord('depart'), time: time(nowMs(), job.timezone) }));
  } catch (error) {
    announce(errorWords(error));
  }
}

/** @param {string} text */
export async function copy(text) {
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  announce(copied ? t('Address copied') : t('The browser does not allow copying. Press long on the address instead.'));
}

/** In a page of its own, so that Back from the map finds this app as it was. @param {string} address */
function openOutside(address) {
  const link = Object.assign(document.createElement('a'), { href: address, target: '_blank', rel: 'noopener' });
  link.click();
}
