import { t } from '#app/core/i18n.js';

/** @typedef {import('#app/behaviours/board/rules.js').Remark} Remark */

/** What speaks against a drop, in words. @param {Remark} remark @returns {string} */
export function remarkWords({ code, facts }) {
  switch (code) {
    case 'may_not_assign': return t('Your role does not decide who goes. The time can be changed in its own row.');
    case 'other_branch': return t('{name} belongs to another branch.', facts);
    case 'overlap': return t('{name} is then at {customer}, {window}.', facts);
    case 'over_midnight': return t('It would end after midnight.');
    case 'window_over': return t('This time is over.');
    case 'window_begun': return t('This time has begun.');
    case 'customer_told': return t('The customer was told {window}: call them.', facts);
    case 'has_begun': return t('The visit has begun; somebody else starts anew.');
    case 'nobody_goes': return t('Nobody goes then.');
    case 'ended': return t('This visit has ended; it cannot be moved.');
    default: return code;
  }
}
