import { t } from '#app/core/i18n.js';

/** @typedef {Record<string, any>} Facts */

/** Every code a person can meet on the phone: of the rules, of the server, of the phone itself. @type {Readonly<Record<string, (facts: Facts) => string>>} */
const WORDS = Object.freeze({
  // why an act was not taken
  unknown_step: () => t('This step is not known.'),
  step_out_of_order: () => t('This step does not fit the state of the job.'),
  job_cancelled: () => t('The job was cancelled.'),
  job_reassigned: () => t('The job was given to somebody else.'),
  job_ended: () => t('The job has already ended.'),
  job_unknown: () => t('There is no such job.'),
  not_lead: () => t('Only the lead technician moves the job on.'),
  not_crew: () => t('This person is not on the job.'),
  reason_missing: () => t('A reason is needed.'),
  reason_too_long: () => t('The reason is too long: 500 characters at most.'),
  promise_missing: () => t('Say when you come again, or why no time was agreed.'),
  nothing_to_take_back: () => t('There is no step to take back.'),
  text_missing: () => t('There is no text.'),
  text_too_long: () => t('The text is too long: 2000 characters at most.'),
  unknown_kind: () => t('This comes from a newer app than the server knows. It is kept.'),
  late_evidence: () => t('Came in after the job had changed hands or was cancelled. It is kept in the history.'),
  bad_args: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  channel_unknown: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  // why nothing gets through
  offline: () => t('No connection to the server.'),
  signed_out: () => t('You are signed out. Sign in again: what is on this phone is kept.'),
  other_person: () => t('Somebody else is signed in now. Your work stays on this phone.'),
  other_tab: () => t('Somebody signed in or out in another tab. What is on this phone is kept.'),
  device_revoked: () => t('This phone was blocked by the office. What is on it is kept: call the office.'),
  not_allowed: () => t('You may not do this.'),
  person_disabled: () => t('This account is disabled. Ask the administrator.'),
  must_choose_password: () => t('Choose your own password first.'),
  update_needed: () => t('This app is too old. What is on the phone is kept: load the new version.'),
  too_old: () => t('This app is too old. What is on the phone is kept: load the new version.'),
  bad_request: () => t('The server does not understand this app. What is on the phone is kept: load the new version or call the office.'),
  busy: () => t('The server is busy. The phone tries again by itself.'),
  server_busy: () => t('The server is busy. The phone tries again by itself.'),
  disk_full: () => t('The server\'s disk is full. What is on the phone is kept: call the office.'),
  server_full: () => t('The server\'s disk is full. What is on the phone is kept: call the office.'),
  server_error: () => t('The server has trouble. The phone tries again by itself.'),
  server_trouble: ({ reference = '' }) => t('Something went wrong at the server. Nothing is lost. Number for the office: {reference}', { reference }),
  conflict: () => t('The server has trouble. The phone tries again by itself.'),
  bad_answer: () => t('The server has trouble. The phone tries again by itself.'),
  no_progress: () => t('The server has trouble. The phone tries again by itself.'),
  app_error: () => t('The app has made a mistake. What is on the phone is kept: load the app again.'),
  // this phone
  storage_full: () => t('The phone\'s storage is full: this was not saved. Make room and try again.'),
  storage_failed: () => t('The phone\'s storage does not answer: this was not saved. Close the app and open it again.'),
  unsent: ({ count }) => t('Only on this phone: {count}. Send first, then sign out.', { count }),
  no_pin: () => t('No PIN has been chosen.'),
  // signing in
  wrong_name_or_password: () => t('Name or password is wrong.'),
  code_unknown: () => t('This code is wrong, used or too old. Ask the office for a new one.'),
  too_many_tries: ({ wait_seconds }) => t('Too many tries. Try again in {seconds} seconds.', { seconds: wait_seconds }),
  password_short: ({ least }) => t('The password needs at least {least} characters.', { least }),
  password_long: ({ most }) => t('The password may have at most {most} characters.', { most }),
  password_common: () => t('This password is too easy to guess. Choose a longer one or several words.'),
  password_personal: () => t('The password must not be made of your name, number or phone.'),
  password_wrong: () => t('The present password is wrong.'),
});

/**
 * The words for a code; a code of a newer server is shown as it is, so that the office can be told.
 * @param {string} code
 * @param {Facts} [facts]
 */
export function reasonText(code, facts = {}) {
  return Object.hasOwn(WORDS, code) ? WORDS[code](facts) : t('Not taken: {code}', { code });
}

/** @param {string} code */
export function hasWords(code) {
  return Object.hasOwn(WORDS, code);
}
