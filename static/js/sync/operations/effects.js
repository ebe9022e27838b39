import { AppError } from '#app/core/errors.js';

/** @typedef {import('#app/types/store.js').Shown} Shown */

/** Only the lead, and not after the office has cancelled or closed. @param {import('#app/types/store.js').JobView} job @param {{id: string}} me */
export function needLead(job, me) {
  if (job.lead?.id !== me.id) throw new AppError('not_lead');
  if (job.closed) throw new AppError('job_closed');
  if (job.state === 'cancelled') throw new AppError('job_cancelled');
}

/** Trimmed text of at most `limit` characters. @param {unknown} text @param {number} limit */
export function textOf(text, limit) {
  const words = String(text ?? '').trim();
  if ([...words].length > limit) throw new AppError('text_too_long', { limit });
  return words;
}

/** The first step or answer of a run fixes the version it is done by. @param {Shown} job @param {string | null} [id] @returns {Shown} */
export function pin(job, id) {
  return id && !job.checklist?.pinned ? { ...job, checklist: { id, pinned: true } } : job;
}

/** What the customer was shown has changed: what was signed no longer covers it. @param {Shown} job @returns {Shown} */
export function outdate(job) {
  return { ...job, sheets: job.sheets.map((sheet) => (sheet.kind === 'sign_off' && sheet.current ? { ...sheet, current: false } : sheet)) };
}
