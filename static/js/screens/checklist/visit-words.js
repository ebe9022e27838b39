import { t, time } from '#app/core/i18n.js';

/** @param {string} phase */
export function phaseWord(phase) {
  return { departure: t('Prepare'), door: t('At the door'), during: t('At work'), leaving: t('Leaving'), base: t('Back at base') }[phase] ?? phase;
}

/** What can happen on site, in the order of the form. @returns {Record<string, string>} */
export function incidentKinds() {
  return {
    damage: t('Something was damaged'), injury: t('Somebody was hurt'), dispute: t('A dispute'), refused_gift: t('A gift was declined'),
    out_of_scope: t('A request outside the job'), other: t('Something else'),
  };
}

/** What came of turning the phone to the customer. @param {import('#app/types/domain.js').SheetRecord} sheet @param {string} zone */
export function sheetWords({ outcome, signer, at_ms, kind, state, current }, zone) {
  const words = {
    signed: t('Signed by {name}', { name: signer }), neighbour: t('Witnessed by {name}', { name: signer }), refused: t('The customer did not sign'),
    absent: t('The customer was not there'), paper: t('Signed on paper'),
  }[outcome] ?? outcome;
  const trouble = state === 'quarantined' ? t('the office is checking it') : kind === 'sign_off' && !current ? t('changed since: sign again') : '';
  return [`${kind === 'agreement' ? t('Agreement') : t('Hand-over')} ${time(at_ms, zone)}`, words, trouble].filter(Boolean).join(' · ');
}

/** When a step is asked at all, for who wonders why it is there; '' for one that always is. @param {import('#app/types/domain.js').ChecklistItem} item */
export function onlyIf({ required, when }) {
  if (!required) return t('optional');
  const [{ fact = '', is } = { is: null }] = when;
  if (when.length && !fact) return t('because of an answer above');
  return {
    charge: is ? t('only with a charge') : t('only without a charge'), under_warranty: is ? t('only under warranty') : t('only out of warranty'),
    special_needs: t('only with special needs'), stops_supply: is ? t('only when supply is cut') : '',
  }[fact] ?? '';
}

/**
 * What is wrong with an answer.
 * @param {string} code of docs/visit.md
 * @param {import('#app/types/domain.js').ChecklistItem} item
 */
export function faultWords(code, { decimals = 0, unit = '', least_milli, most_milli, most = 500, type }) {
  const figure = (/** @type {number} */ milli) => `${milli / 1000} ${unit}`.trim();
  const least = least_milli == null ? '' : figure(least_milli);
  const greatest = most_milli == null ? '' : figure(most_milli);
  return {
    why_missing: t('Please say why.'),
    text_missing: t('Please write something first.'),
    text_too_long: t('Too long: {most} characters at most.', { most: type === 'text' ? most : 500 }),
    number_too_fine: decimals ? t('Decimals at most: {count}', { count: decimals }) : t('A whole number, please.'),
    number_out_of_range: least && greatest ? t('From {least} to {most}, please.', { least, most: greatest }) : least ? t('At least {least}, please.', { least }) : t('At most {most}, please.', { most: greatest }),
  }[code] ?? (type === 'number' ? t('Please enter a number.') : t('This cannot be recorded: {code}', { code }));
}
