import { addNote } from '#app/sync/operations/add_note.js';
import { recordContact } from '#app/sync/operations/record_contact.js';
import { signSheet } from '#app/sync/operations/sign_sheet.js';
import { takeBackStep } from '#app/sync/operations/take_back_step.js';
import { takeStep } from '#app/sync/operations/take_step.js';

/**
 * Every operation this app can confirm, by its name on the wire.
 * @type {import('#app/types/store.js').Operations}
 */
export const operations = Object.freeze({
  take_step: takeStep,
  take_back_step: takeBackStep,
  add_note: addNote,
  record_contact: recordContact,
  sign_sheet: signSheet,
});
