import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { opening, topBar } from '#app/screens/frame.js';
import { customerOf, typeWord } from '#app/screens/job-words.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

/** Title of a screen of the visit, whose it is, and the two things that may be needed at any moment. @param {JobView} job @param {string} title */
export function visitTop(job, title) {
  return topBar({
    back: `#/job/${job.id}`, title: html`${title} <span class="two regular">${customerOf(job)} · ${typeWord(job.type)}</span>`,
    end: html`${phrasesWay(job, '/visit')}<a class="btn btn-icon" href="#/job/${job.id}/incident/visit" aria-label=${t('Record an incident: damage, injury, dispute')}>${icon('triangle-alert')}</a>`,
  });
}

/** @param {JobView} job @param {string} [from] the part of the job to come back to */
export function phrasesWay(job, from = '') {
  return html`<a class="btn btn-icon" href="#/job/${job.id}/phrases${from}" aria-label=${t('What to say')}>${icon('message-circle')}</a>`;
}

/** There is nothing to show: why, and the way back. @param {import('#app/ui/screen.js').Screen} screen @param {string} title @param {string} words */
export function nothingHere(screen, title, words) {
  return html`<div class="screen">${topBar({ back: `#/job/${screen.route.id}`, title })}<main>
    ${screen.loaded ? html`<section class="empty">${icon('circle-help')}<p class="strong">${screen.trouble || words}</p><a class="btn btn-wide" href="#/job/${screen.route.id}">${t('Back to the job')}</a></section>`
      : opening()}
  </main></div>`;
}
