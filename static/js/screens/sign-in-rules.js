import { t } from '#app/core/i18n.js';

export const PASSWORD_LEAST = 10; // characters; the server asks for as many
const PASSWORD_MOST = 200;

/** What is wrong with a new password; '' when it will do. @param {string} password @param {string} staffNo */
export function passwordFault(password, staffNo) {
  const length = [...password].length;
  if (length < PASSWORD_LEAST) return t('Too short: {count} more characters.', { count: PASSWORD_LEAST - length });
  if (length > PASSWORD_MOST) return t('Too long by {count} characters.', { count: length - PASSWORD_MOST });
  if (new Set(password).size < 4) return t('Too simple: please use more different characters.');
  if (staffNo.length >= 4 && password.includes(staffNo) && length - staffNo.length < 8) return t('Please do not use your staff number.');
  return '';
}

/** What is wrong with a PIN; '' when it will do. @param {string} pin */
export function pinFault(pin) {
  if (!/^\d{4,6}$/.test(pin)) return t('4 to 6 digits, please.');
  const steps = [...pin].slice(1).map((digit, index) => Number(digit) - Number(pin[index]));
  if (steps.every((step) => step === steps[0]) && Math.abs(steps[0]) <= 1) return t('Too easy to guess: not 1111 or 1234.');
  return '';
}
