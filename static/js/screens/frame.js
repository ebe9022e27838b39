import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { bus } from '#app/core/events.js';
import { t } from '#app/core/i18n.js';
import { syncNow } from '#app/sync/pump.js';
import { status } from '#app/sync/status.js';
import { takeOver } from '#app/device/updates.js';
import { icon } from '#app/ui/icon.js';
import { syncWords, unsentOf } from '#app/screens/sync-words.js';

/** @typedef {import('#app/screens/types.js').AppContext} AppContext */

/** How sending stood before the run that is going on: a line that says "no signal" does not flicker at every try. */
let settled = status().state;
bus.on('status', (/** @type {import('#app/screens/types.js').SyncStatus} */ now) => { if (now.state !== 'sending') settled = now.state; });

/** The line under the title: how sending stands, and the one thing to do about it. @param {AppContext} app */
export function syncLine(app) {
  const now = status();
  const shown = now.state === 'sending' && settled !== 'ok' ? { ...now, state: settled } : now;
  const words = syncWords(shown, { nowMs: nowMs(), zone: app.zone, storage: app.storageTrouble });
  const { action } = words;
  return html`<div class="sync sync-${words.tone}" role="region" aria-label=${t('Connection')}>
    ${icon(words.icon)}
    <a class="sync-words" href="#/outbox"><span role="status"><span class="strong">${words.text}</span><span class="cap">${words.small}</span></span></a>
    ${action === null ? html`<a class="push btn btn-quiet btn-icon" href="#/outbox" aria-label=${t('Only on this phone')}>${icon('chevron-right')}</a>`
      : 'send' in action ? html`<button class="push btn btn-quiet" @click=${syncNow}>${action.text}</button>`
        : html`<a class="push btn btn-quiet" href=${action.href}>${action.text}</a>`}
  </div>`;
}

/** A newer build waits: one line, at a moment the person chooses. @param {AppContext} app */
export function updateLine(app) {
  if (!app.newBuild) return nothing;
  return html`<div class="update" role="region" aria-label=${t('New version')}>${icon('download')}<span>${t('A new version is ready on this phone.')}</span>
    <button class="btn btn-quiet" @click=${takeOver}>${t('Update')}</button></div>`;
}

/** The bar of places. @param {AppContext} app @param {'today' | 'outbox' | 'me'} here */
export function navBar(app, here) {
  const count = unsentOf(status());
  const current = (/** @type {string} */ name) => (name === here ? 'page' : nothing);
  return html`<nav class="nav nav-three" aria-label=${t('Main')}>
    <a href="#/today" aria-current=${current('today')}>${icon('list-checks')}${t('Today')}</a>
    <a href="#/outbox" aria-current=${current('outbox')}>${icon('cloud-upload')}${t('To send')}${count ? html`<span class="badge">${count > 99 ? '99+' : count}</span>` : nothing}</a>
    <a href="#/me" aria-current=${current('me')}>${icon('user-round')}${t('Me')}${app.newBuild ? html`<span class="badge" aria-label=${t('New version')}>!</span>` : nothing}</a>
  </nav>`;
}

/** Title bar with the way back. @param {{back?: string, backWord?: string, title: unknown, end?: unknown}} parts */
export function topBar({ back, backWord = t('Back'), title, end = nothing }) {
  return html`<header class="top">
    ${back ? html`<a class="btn btn-icon" href=${back} aria-label=${backWord}>${icon('chevron-left')}</a>` : nothing}
    <h1 tabindex="-1">${title}</h1>${end}
  </header>`;
}

/** What a screen shows until it has read. */
export function opening() {
  return html`<section class="empty" aria-busy="true"><p class="two">${t('Opening …')}</p></section>`;
}

/** A part of the app did not come: what is safe, what to do. */
export function notLoaded() {
  return html`<section class="stack" role="alert">
    <p class="note note-wait">${icon('cloud-off')}<span><strong>${t('This page is not on the phone yet.')}</strong> ${t('The app was not loaded completely. What you recorded is safe. Please try again where there is signal.')}</span></p>
    <a class="btn btn-wide" href="#/today">${t('Back to today')}</a>
    <button class="btn btn-wide" @click=${() => location.reload()}>${icon('refresh-cw')}${t('Load the app again')}</button>
  </section>`;
}

/** Reading failed: what happened, what is safe, what to do. @param {string} words why @param {() => unknown} again */
export function readTrouble(words, again) {
  return html`<section class="stack" role="alert">
    <p class="note note-risk">${icon('hard-drive')}<span><strong>${t('The records on this phone cannot be read right now.')}</strong> ${words}
      ${t('Nothing was deleted. What was confirmed stays on this phone. Close other windows of this app and try again; if that does not help, restart the phone.')}</span></p>
    <button class="btn btn-wide" @click=${again}>${icon('refresh-cw')}${t('Try again')}</button>
  </section>`;
}
