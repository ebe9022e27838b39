import { t } from '#app/core/i18n.js';

/** @typedef {Record<string, any>} Facts */

/** Nothing the technician can tell apart; the office sees which of them. */
const unverified = () => t('The signature could not be verified and does not count. Please have it signed again, and call the office.');

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
  signed_already: () => t('The customer has signed: the step stands.'),
  text_missing: () => t('There is no text.'),
  text_too_long: ({ limit = 2000 }) => t('The text is too long: {limit} characters at most.', { limit }),
  unknown_kind: () => t('This comes from a newer app than the server knows. It is kept.'),
  late_evidence: () => t('Came in after the job had changed hands or was cancelled. It is kept in the history.'),
  bad_args: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  channel_unknown: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  // the visit
  checklist_incomplete: ({ missing, first }) => t('Not everything of the checklist is done. Missing: {missing}, first: {first}.', { missing, first }),
  checklist_old: () => t('The checklist was replaced long ago. The answer is kept; the office decides.'),
  checklist_unknown: () => t('This checklist is not known for the job. The answer is kept.'),
  checklist_other: () => t('The visit is done by another version of the checklist.'),
  item_unknown: () => t('This item is not in the checklist. The answer is kept.'),
  photo_unknown: () => t('There is no such photo on the job.'),
  not_allowed_photo: () => t('Only who took a photo, or the lead technician, can remove it.'),
  over_agreed: () => t('This is more than the customer agreed to.'),
  lines_too_many: () => t('There are more than 30 lines.'),
  lines_total_bad: () => t('The sum is too high.'),
  line_text_bad: () => t('Each line needs a text of at most 100 characters.'),
  line_unit_bad: () => t('A unit has at most 10 characters.'),
  line_quantity_bad: () => t('The quantity must be more than 0 and at most 10,000.'),
  line_price_bad: () => t('The price must be from 0 to 100,000 yuan.'),
  line_amount_bad: () => t('Quantity times price is not the amount.'),
  job_closed: () => t('The office has closed this visit.'),
  size_differs: () => t('The same picture was announced with another size.'),
  value_bad: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  why_missing: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  option_unknown: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  too_many_chosen: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  number_out_of_range: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  number_too_fine: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  lines_bad: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  slot_unknown: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  kind_unknown: () => t('The entry is incomplete and cannot be applied. It is kept.'),
  // what was signed
  sign_wrong_state: () => t('Signing is possible on site only, before the visit ends.'),
  sign_revision_used: () => t('This has been signed already.'),
  sign_other_job: () => t('The sheet belongs to another visit. Open the job again and have it signed anew.'),
  sign_photos_unknown: () => t('The office does not know a photo on the signed sheet. Please have it signed again.'),
  sign_totals_wrong: () => t('The amounts on the signed sheet do not add up. Please have it signed again.'),
  sign_over_agreed: () => t('The signed sheet asks for more than was agreed. Agree first, then have it signed again.'),
  sign_agreed_differs: () => t('The agreed amount has changed. Please have it signed again.'),
  sign_time_outside: () => t('The phone\'s clock jumped while it was signed. Please have it signed again.'),
  sign_paper_needed: () => t('This work can only be signed on paper. Take a photo of the paper.'),
  sign_reason_missing: () => t('A reason is needed.'),
  sign_photo_missing: () => t('A photo is needed.'),
  sign_photo_used: () => t('The photo shows the paper of another sheet. Please take one of this paper.'),
  sign_strokes_missing: () => t('The signature or the name is missing.'),
  sign_strokes_too_many: () => unverified(),
  sign_unreadable: () => unverified(),
  sign_key_unknown: () => unverified(),
  sign_key_of_another: () => unverified(),
  sign_key_revoked: () => unverified(),
  sign_invalid: () => unverified(),
  sign_presented_changed: () => unverified(),
  sign_nonce_wrong: () => unverified(),
  sign_photos_differ: () => unverified(),
  sign_consent_unknown: () => unverified(),
  sign_checklist_unknown: () => unverified(),
  key_of_another: () => t('The key of this phone belongs to somebody else. Use the app on your own phone, or call the administrator.'),
  not_canonical: () => t('The sheet holds text that cannot be signed. Change the words and try again.'),
  // why nothing gets through
  offline: () => t('No connection to the server.'),
  signed_out: () => t('You are signed out. Sign in again: what is on this phone is kept.'),
  other_person: () => t('Somebody else is signed in now. Your work stays on this phone.'),
  other_tab: () => t('Somebody signed in or out in another tab. What is on this phone is kept.'),
  device_revoked: () => t('This phone was blocked by the office. It only delivers what is unsent, and is then wiped.'),
  phone_blocked: () => t('Sent from a phone that the office had blocked. It is kept; the office decides.'),
  phone_blocked_before: () => t('Sent from a phone that the office had blocked. It is kept; the office decides.'),
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
  // what the server found wrong with a photo
  not_a_picture: () => t('This file is no picture that can be shown (JPEG, PNG, WebP, HEIC).'),
  truncated: () => t('The picture was cut short: its end is missing.'),
  too_many_pixels: () => t('The picture has too many pixels.'),
  too_large_side: () => t('The picture is too wide or too high.'),
  animated: () => t('The picture moves. A still one is needed.'),
  damaged: () => t('The picture is damaged and cannot be opened.'),
  // this phone
  storage_full: () => t('The phone\'s storage is full: this was not saved. Make room and try again.'),
  storage_failed: () => t('The phone\'s storage does not answer: this was not saved. Close the app and open it again.'),
  photo_no_room: () => t('This phone is nearly full: no more photos are kept now. Steps, answers, notes and signatures still are. Send what waits, then delete pictures, videos or apps you no longer need.'),
  photo_too_large: () => t('The file is too large: 30 MB at most. It was not kept.'),
  photo_empty: () => t('This file is empty: there is nothing to keep. Please take another.'),
  file_unreadable: () => t('The phone does not hand out this file. It was not kept.'),
  rescue_locked: () => t('This phone is locked, and what is on it could not be encrypted. Open it with the PIN or sign in; then save the file.'),
  unsent: ({ count }) => t('Only on this phone: {count}. Send first, then sign out.', { count }),
  no_pin: () => t('No PIN has been chosen.'),
  // signing in
  wrong_name_or_password: () => t('Name or password is wrong.'),
  code_unknown: () => t('This code is wrong, used or expired. Ask the office for a new one.'),
  too_many_tries: ({ wait_seconds }) => t('Too many tries. Try again in {seconds} seconds.', { seconds: wait_seconds }),
  password_short: ({ least }) => t('The password needs at least {least} characters.', { least }),
  password_long: ({ most }) => t('The password may have at most {most} characters.', { most }),
  password_common: () => t('This password is too easy to guess. Choose a longer one or several words.'),
  password_personal: () => t('The password must not be made of your name, number or phone.'),
  password_wrong: () => t('The current password is wrong.'),
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
