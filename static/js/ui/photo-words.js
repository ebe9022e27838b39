import { t } from '#app/core/i18n.js';
import { hasWords, reasonText } from '#app/core/reasons.js';
import { ENDED } from '#app/rules/job-state.js';

/** @typedef {import('#app/types/domain.js').PhotoRecord} PhotoRecord */

/** What photos are of, in the order of a visit. @returns {Record<import('#app/types/domain.js').Slot, string>} */
export function slotWords() {
  return { before: t('Before'), during: t('During'), after: t('After'), damage: t('Damage'), voucher: t('Proof of purchase'), paper: t('Paper') };
}

/** What became of a file that does not open; '' for one that does. @param {string} why of device/picture.js */
export function whyWords(why) {
  if (why === 'empty') return reasonText('photo_empty');
  return why && t('{why} It is kept as it is, but does not count.', { why: reasonText(why) });
}

/** What is wrong with a photo that was kept; '' when nothing is. @param {PhotoRecord} photo */
export function faultOf({ opens, picture, waived, why }) {
  if (!opens) return t('It could not be opened on the phone.');
  if (picture !== 'unusable' || waived) return '';
  return hasWords(why) ? reasonText(why) : t('The server could not use this picture.');
}

/**
 * Whether the sign-off shows it and nobody can sign again: it is taken out only with a reason, and that stays.
 * @param {Pick<import('#app/types/domain.js').JobFields, 'state' | 'run' | 'sheets'>} job
 * @param {PhotoRecord} photo
 */
export function isSignedFor({ state, run, sheets }, { slot, at_ms, late, run: of }) {
  const last = sheets.findLast((sheet) => sheet.kind === 'sign_off' && sheet.state === 'valid' && sheet.current);
  return ENDED.includes(state) && of === run && slot !== 'paper' && !late && last !== undefined && last.at_ms >= at_ms;
}
