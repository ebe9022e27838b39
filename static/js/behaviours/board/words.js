import { day, t } from '#app/core/i18n.js';

/** @typedef {import('#app/behaviours/board/rules.js').Remark} Remark */

/**
 * What speaks against a drop, in words: those of `fieldservice/dispatch/conflict_words.py`.
 * @param {Remark} remark @param {Record<string, string>} [skills] code → name @returns {string}
 */
export function remarkWords({ code, facts }, skills = {}) {
  const said = { ...facts, skill: skills[facts.skill] ?? facts.skill, until: facts.until ? day(facts.until) : '' };
  switch (code) {
    case 'may_not_assign': return t('Your role does not decide who goes. The time can be changed in its own row.');
    case 'other_branch': return t('{name} belongs to another branch.', said);
    case 'pinned': return t('The customer asked for {name}.', said);
    case 'no_skill': return t('{name} cannot do this: {skill} is missing.', said);
    case 'certificate_expired': return t('{name}: the certificate {skill} was good until {until}.', said);
    case 'off': return t('{name} has this day off.', said);
    case 'sick': return t('{name} is ill on this day.', said);
    case 'no_shift': return t('{name} does not work on this day of the week.', said);
    case 'inactive': return t('The account of {name} is disabled.', said);
    case 'outside_shift': return t('{name} works {window}.', said);
    case 'overlap': return t('{name} is then at {customer}, {window}.', said);
    case 'late_here': return t('{name} cannot arrive in time: {minutes} min late.', said);
    case 'late_there': return t('{name} would then be {minutes} min late at {customer}.', said);
    case 'no_position': return t('The place is not known: nobody can say how long the way is.');
    case 'load': return t('The van of {name} takes {van} m², this day has {load} m².', said);
    case 'over_midnight': return t('It would end after midnight.');
    case 'window_over': return t('This time is over.');
    case 'window_begun': return t('This time has begun.');
    case 'customer_told': return facts.day
      ? t('The customer was told {day} {window}: call them.', { day: day(facts.day), window: facts.window })
      : t('The customer was told {window}: call them.', facts);
    case 'window_stays': return t('The window agreed, {window}, stays.', facts);
    case 'has_begun': return t('The visit has begun; somebody else starts anew.');
    case 'nobody_goes': return t('Nobody goes then.');
    case 'ended': return t('This visit has ended; it cannot be moved.');
    default: return code;
  }
}
