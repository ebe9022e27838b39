import { html, nothing } from '#vendor/lit.js';
import { t, time, windowText } from '#app/core/i18n.js';
import { icon, plank } from '#app/ui/icon.js';
import { chipsOf, customerOf, shortAddress, stateOf, typeWord } from '#app/screens/job-words.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

const CARD_CHIPS = 4; // more cannot be read in a glance

/** State of a job: plank and word. @param {string} state */
export function stateMark(state) {
  const { word, mark, tone } = stateOf(state);
  return html`<span class="state ${tone && `state-${tone}`}">${plank(mark)}${word}</span>`;
}

/** @param {import('#app/screens/job-words.js').Chip[]} chips @param {number} [most] */
export function chipList(chips, most = chips.length) {
  if (!chips.length) return nothing;
  return html`<span class="chips">${chips.slice(0, most).map((chip) => html`<span class="chip ${chip.tone && `chip-${chip.tone}`}">${icon(chip.icon)}<span>${chip.text}</span></span>`)}</span>`;
}

/** What of this job is only on this phone; nothing when all is confirmed. @param {number} count */
export function unsentMark(count) {
  return count ? html`<span class="unsent">${icon('smartphone')}${t('{count} only on this phone', { count })}</span>` : nothing;
}

/** Type and brief in one line. @param {JobView} job */
export function whatFor(job) {
  return html`<strong>${customerOf(job)}</strong> <span class="two">· ${typeWord(job.type)}${job.brief ? html` · ${job.brief}` : nothing}</span>`;
}

/**
 * One stop of a day: everything needed to choose without opening it.
 * @param {JobView} job
 * @param {{number?: number, nowMs: number, note?: string}} extra note: a few words instead of the window, e.g. a distance
 */
export function stopCard(job, { number, nowMs, note = '' }) {
  return html`<a class="stop" href="#/job/${job.id}">
    ${number ? html`<span class="stop-no"><span class="vh">${t('Stop')} </span>${number}</span>` : html`<span class="stop-no stop-no-free">${icon('map-pin')}</span>`}
    <span class="stop-body">
      <span class="stop-top">${job.window ? html`<span class="window">${windowText(job.window, job.timezone)}</span>` : html`<span class="two">${note || t('No time agreed')}</span>`}${stateMark(job.state)}</span>
      <span>${whatFor(job)}</span>
      <span class="small two">${shortAddress(job)}</span>
      ${chipList(chipsOf(job, nowMs), CARD_CHIPS)}
      ${unsentMark(job.unsent)}
    </span>
  </a>`;
}

/** An ended job: what came of it. @param {JobView} job @param {{number?: number}} extra */
export function doneCard(job, { number }) {
  const { mark } = stateOf(job.state);
  return html`<a class="stop" href="#/job/${job.id}">
    <span class="stop-no stop-no-done">${number ?? plank(mark)}</span>
    <span class="stop-body">
      <span class="stop-top">${stateMark(job.state)}</span>
      <span class="two">${whatFor(job)} ${spanOf(job)}</span>
      ${unsentMark(job.unsent)}
    </span>
  </a>`;
}

/** From arrival to the end, when both were recorded. @param {JobView} job */
function spanOf(job) {
  const steps = job.steps.filter((step) => !step.void_reason);
  const from = steps.find((step) => step.step === 'arrive');
  const to = steps.at(-1);
  return from && to && to !== from ? html`<span class="nb">· ${time(from.at_ms, job.timezone)}–${time(to.at_ms, job.timezone)}</span>` : nothing;
}
