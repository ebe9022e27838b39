import { finalLines, totalFen } from '#app/rules/charges.js';

/**
 * What the rules of the checklist ask about a job; the server's twins are `facts_of` and `seen_of` in `fieldservice/visits`.
 * @typedef {import('#app/types/domain.js').JobFields} Job
 */

/** @param {Job} job @returns {import('#app/types/domain.js').Facts} */
export function factsOf(job) {
  const { type, under_warranty, special_needs, stops_supply } = job;
  return { job_type: type, under_warranty, charge: totalFen(finalLines(job)) > 0, special_needs, stops_supply };
}

/** The answers by item. @param {Job} job @returns {Record<string, any>} */
export function answersOf(job) {
  return Object.fromEntries(job.answers.filter(({ value }) => value !== null).map(({ item, value }) => [item, value]));
}

/** @param {Job} job @returns {import('#app/types/domain.js').Seen} */
export function seenOf(job) {
  const photos = job.photos.filter((photo) => photo.run === job.run);
  return {
    photos: photos.map((photo) => ({ slot: photo.slot, item: photo.item, counts: counts(photo) })),
    signed: job.sheets.some((sheet) => sheet.kind === 'sign_off' && sheet.state === 'valid' && sheet.current),
  };
}

/** Whether a photo fills its slot (docs/visit.md, Evidence). @param {import('#app/types/domain.js').PhotoRecord} photo */
export function counts({ void_reason, late, opens, picture, waived }) {
  return void_reason === null && !late && opens && (picture !== 'unusable' || waived);
}
