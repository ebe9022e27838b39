import { addNote } from '#app/sync/operations/add_note.js';
import { answerItem } from '#app/sync/operations/answer_item.js';
import { addPhoto, captionPhoto, voidPhoto } from '#app/sync/operations/photos.js';
import { orderDay } from '#app/sync/operations/order_day.js';
import { recordContact } from '#app/sync/operations/record_contact.js';
import { signSheet } from '#app/sync/operations/sign_sheet.js';
import { reportIncident } from '#app/sync/operations/report_incident.js';
import { stateCharges } from '#app/sync/operations/state_charges.js';
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
  answer_item: answerItem,
  add_photo: addPhoto,
  caption_photo: captionPhoto,
  void_photo: voidPhoto,
  state_charges: stateCharges,
  report_incident: reportIncident,
  sign_sheet: signSheet,
  order_day: orderDay,
});
