import { html, nothing } from '#vendor/lit.js';
import { t, time, yuan } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { slotWords } from '#app/ui/photo-words.js';
import { bill } from '#app/screens/handover/line-editor.js';
import '#app/screens/handover/sheet-photo.js';

const MANY = 5; // steps left out; more fold

/** @typedef {{sha256: string, slot: import('#app/types/domain.js').Slot, caption: string, at_ms: number}} ShownPhoto */

/**
 * What was found, done, photographed and is to be paid, drawn from `presented` alone.
 * @param {Record<string, any>} shown
 * @param {import('#app/screens/types.js').AppContext} app
 * @param {import('#app/screens/types.js').JobView} job for the bytes of its photos and its time zone
 */
export function sheetParts(shown, app, job) {
  return [words(shown), results(shown), photos(shown, app, job), charges(shown)];
}

/** @param {Record<string, any>} shown */
function words({ found, done, kind }) {
  const lines = [...found, ...done];
  if (!lines.length) return nothing;
  return html`<section><h2>${kind === 'agreement' || !done.length ? t('What was found') : found.length ? t('What was found and done') : t('What was done')}</h2>
    <ol class="numbered">${lines.map((line, index) => html`<li><span>${index + 1}</span><span class="lines">${line}</span></li>`)}</ol></section>`;
}

/** @param {Record<string, any>} shown */
function results({ results: found, checklist: { done, of, not_done } }) {
  if (!found.length && !of) return nothing;
  return html`<section><h2>${t('The checks')}</h2>
    ${of ? html`<p class="sheet-tally">${icon(not_done.length ? 'list-checks' : 'circle-check')}<span>${t('Done by the standard: {done} of {of} steps', { done, of })}</span></p>` : nothing}
    ${notDone(not_done)}
    ${found.length ? html`<dl class="sheet-results">${found.map((/** @type {{label: string, value: string}} */ one) => html`<div><dt>${one.label}</dt><dd>${one.value}</dd></div>`)}</dl>` : nothing}</section>`;
}

/** @param {{words: string, why: string}[]} steps */
function notDone(steps) {
  if (!steps.length) return nothing;
  const list = html`<ul class="sheet-open">${steps.map(({ words: step, why }) => html`<li>${step}${why ? html`<span class="cap">${why}</span>` : nothing}</li>`)}</ul>`;
  const head = t('Not done: {count} steps', { count: steps.length });
  return steps.length > MANY ? html`<details><summary class="btn-quiet">${head}${icon('chevron-down')}</summary>${list}</details>` : html`<p class="mt-3">${head}</p>${list}`;
}

/** Before and after side by side; all of them one tap away. @param {Record<string, any>} shown @param {import('#app/screens/types.js').AppContext} app @param {import('#app/screens/types.js').JobView} job */
function photos({ photos: all }, app, job) {
  if (!all.length) return nothing;
  const figure = (/** @type {ShownPhoto} */ photo) => {
    const record = job.photos.find((one) => one.sha256 === photo.sha256);
    const label = `${slotWords()[photo.slot]} ${time(photo.at_ms, job.timezone)}`;
    return html`<figure><figcaption>${label}${photo.caption ? html`<span class="cap">${photo.caption}</span>` : nothing}</figcaption><sheet-photo .app=${app} .photo=${record} .label=${[label, photo.caption].filter(Boolean).join(' ')}></sheet-photo></figure>`;
  };
  const before = all.find((/** @type {ShownPhoto} */ { slot }) => slot === 'before');
  const after = all.findLast((/** @type {ShownPhoto} */ { slot }) => slot === 'after');
  const first = before && after ? [before, after] : all.slice(0, 2);
  return html`<section><h2>${before && after ? t('Before and after') : t('Photos')}</h2>
    <div class="pair">${first.map(figure)}</div>
    ${all.length > first.length ? html`<details class="sheet-all"><summary class="btn btn-quiet">${icon('image')}${t('See all {count} photos', { count: all.length })}</summary><div class="pair">${all.map(figure)}</div></details>` : nothing}</section>`;
}

/** @param {Record<string, any>} shown */
function charges({ lines, total_fen, agreed_fen, kind }) {
  if (!lines.length) return html`<section><h2>${t('Costs')}</h2><p>${t('Nothing is to be paid for this visit.')}</p></section>`;
  const before = kind === 'agreement' ? agreed_fen - total_fen : 0;
  /** @type {[string, number][]} */
  const sums = kind === 'agreement' && before ? [[t('Extra work'), total_fen], [t('Agreed before the visit'), before], [t('Total'), agreed_fen]] : [[t('Total'), total_fen]];
  return html`<section><h2>${kind === 'agreement' ? t('Extra work and its price') : t('Costs')}</h2>${bill(lines, sums)}
    ${kind === 'sign_off' && total_fen < agreed_fen ? html`<p class="cap">${t('{amount} was agreed.', { amount: yuan(agreed_fen) })}</p>` : nothing}</section>`;
}
