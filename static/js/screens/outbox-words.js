import { t, time, yuan } from '#app/core/i18n.js';
import { stepWord } from '#app/screens/job-words.js';
import { unsentOf } from '#app/screens/sync-words.js';
import { sizeWords } from '#app/device/storage-quota.js';
import { slotWords } from '#app/ui/photo-words.js';

/** @typedef {import('#app/screens/types.js').Op} Op */
/** @typedef {import('#app/types/store.js').Evidence} Evidence */

const EXCERPT = 60; // characters of a note: enough to know which one

/**
 * An act in the words of the person who did it.
 * @param {Op} op
 * @param {string} zone
 * @param {(op: Op) => string} [itemOf] words of the checklist item it answers
 * @returns {{icon: string, text: string, small: string}}
 */
export function opWords(op, zone, itemOf = () => '') {
  const at = time(op.occurred_at, zone);
  switch (op.kind) {
    case 'take_step':
      return { icon: 'list-checks', text: `${stepWord(op.args.step)} ${at}`, small: op.args.reason || '' };
    case 'take_back_step':
      return { icon: 'undo-2', text: t('Step taken back {time}', { time: at }), small: op.args.reason };
    case 'add_note':
      return { icon: 'notebook-pen', text: t('Note {time}', { time: at }), small: excerpt(op.args.text) };
    case 'record_contact':
      return op.args.channel === 'sms'
        ? { icon: 'message-square', text: t('Message to the customer {time}', { time: at }), small: '' }
        : { icon: 'phone', text: t('Call to the customer {time}', { time: at }), small: '' };
    case 'answer_item':
      return { icon: 'clipboard-check', text: t('Checklist {time}', { time: at }), small: excerpt(itemOf(op)) };
    case 'add_photo':
      return { icon: 'image', text: photoName(op.args.slot, at), small: excerpt(op.args.caption) };
    case 'caption_photo':
      return { icon: 'image', text: t('Words for a photo {time}', { time: at }), small: excerpt(op.args.caption) };
    case 'void_photo':
      return { icon: 'image-off', text: t('Photo taken out {time}', { time: at }), small: op.args.reason };
    case 'state_charges':
      return { icon: 'receipt', text: t('Final charge {time}', { time: at }), small: yuan(op.args.lines.reduce((/** @type {number} */ sum, /** @type {any} */ line) => sum + line.amount_fen, 0)) };
    case 'report_incident':
      return { icon: 'triangle-alert', text: t('Incident {time}', { time: at }), small: excerpt(op.args.words) };
    case 'sign_sheet':
      return { icon: 'signature', text: t('Customer’s sheet {time}', { time: at }), small: '' };
    case 'order_day':
      return { icon: 'route', text: t('Order of the day {time}', { time: at }), small: '' };
    default:
      return { icon: 'file-text', text: `${op.kind} ${at}`, small: '' };
  }
}

/**
 * Photos that cannot be sent: what happened, what to do.
 * @type {Readonly<Record<string, () => string>>}
 */
const PHOTO_TROUBLES = Object.freeze({
  bytes_damaged: () => t('The file was damaged on this phone. Please take the photo again, then give this one up.'),
  bytes_gone: () => t('The file is no longer on this phone. Please take the photo again, then give this one up.'),
  photo_too_large: () => t('The file is larger than the server takes. Export it below, or take the photo again; then give this one up.'),
});

/** A photo by what it shows and when. @param {string} slot @param {string} at */
function photoName(slot, at) {
  return t('Photo, {slot} {time}', { slot: /** @type {Record<string, string>} */ (slotWords())[slot] ?? slot, time: at });
}

/**
 * A photo that is only on this phone, how far it is, and what is wrong with it.
 * @param {Evidence} photo
 * @param {import('#app/screens/types.js').SyncStatus['uploading']} uploading
 * @param {string} zone
 * @returns {{text: string, size: string, percent: number | null, trouble: string}} percent null: not being sent now, 0: nobody knows how far
 */
export function photoWords({ id, slot, at_ms, size, trouble }, uploading, zone) {
  const { amount, unit } = sizeWords(size);
  return {
    text: photoName(slot, time(at_ms, zone)), size: `${amount} ${unit}`,
    percent: uploading?.ids.includes(id) ? uploading.percent : null,
    trouble: trouble ? (PHOTO_TROUBLES[trouble] ?? PHOTO_TROUBLES.photo_too_large)() : '',
  };
}

/**
 * Groups acts and photos by job, in the order of the first of each.
 * @param {Op[]} ops
 * @param {Evidence[]} photos
 * @returns {{jobId: string, number: string, ops: Op[], photos: Evidence[]}[]}
 */
export function byJob(ops, photos) {
  /** @type {Map<string, string>} */
  const jobs = new Map(/** @type {[string, string][]} */ ([...ops.map(({ entity, number }) => [entity, number]), ...photos.map(({ job, number }) => [job, number])]));
  return [...jobs].map(([jobId, number]) => ({ jobId, number, ops: ops.filter((op) => op.entity === jobId), photos: photos.filter(({ job }) => job === jobId) }));
}

/**
 * What the person should know about the state of sending: what is so, what is safe, what to do.
 * @param {import('#app/screens/types.js').SyncStatus} status
 * @param {{storage: string | null}} at
 * @returns {{icon: string, tone: 'act' | 'wait' | 'risk', strong: string, text: string, action: {text: string, href: string} | null}}
 */
export function explanation(status, { storage }) {
  if (storage) {
    return { icon: 'hard-drive', tone: 'risk', strong: storage === 'storage_full' ? t('This phone’s storage is full.') : t('This phone cannot store right now.'), text: t('What is listed here is safe. New steps and notes cannot be saved until there is room: delete photos, videos or apps you no longer need, then try again.'), action: null };
  }
  const pending = unsentOf(status);
  switch (status.state) {
    case 'offline':
      return pending
        ? { icon: 'wifi-off', tone: 'wait', strong: t('No signal now.'), text: t('Everything is stored on this phone and is sent by itself as soon as there is a signal. Screen off, battery empty, app closed: nothing is lost.'), action: null }
        : { icon: 'wifi-off', tone: 'wait', strong: t('No signal now.'), text: t('Nothing is waiting. You can go on working; what you record is kept here and sent later.'), action: null };
    case 'signed_out':
      return { icon: 'log-in', tone: 'wait', strong: t('You are signed out.'), text: t('Everything here is safe, and you can go on working. Sign in and it goes out.'), action: { text: t('Sign in'), href: '#/sign-in' } };
    case 'revoked':
      return { icon: 'ban', tone: 'risk', strong: t('The office has removed this phone.'), text: t('Nothing is sent from here any more. Export what is unsent below and call your branch.'), action: null };
    case 'not_allowed':
      return { icon: 'ban', tone: 'risk', strong: t('Your account may not send from here.'), text: t('Everything stays on this phone. Please call your branch; they can allow it again.'), action: null };
    case 'update_needed':
      if (status.code === 'rescued') return { icon: 'download', tone: 'wait', strong: t('This app is too old to send.'), text: t('The office has what you confirmed; photos follow after the update. Take the new version under “Me”.'), action: { text: t('To “Me”'), href: '#/me' } };
      return { icon: 'download', tone: 'risk', strong: t('This app is too old to send.'), text: t('Everything stays on this phone. Take the new version under “Me”; if there is none, call your branch.'), action: { text: t('To “Me”'), href: '#/me' } };
    case 'server_trouble':
      return { icon: 'server', tone: 'wait', strong: t('The server has trouble.'), text: t('It is not this phone. Everything is kept and tried again by itself.'), action: null };
    default:
      return pending
        ? { icon: 'cloud-upload', tone: 'wait', strong: t('On its way.'), text: t('It stays on this phone until the server has confirmed it.'), action: null }
        : { icon: 'check', tone: 'act', strong: t('All on the server.'), text: t('Nothing is waiting on this phone.'), action: null };
  }
}

/** @param {string} text */
function excerpt(text) {
  const letters = [...text.replace(/\s+/g, ' ').trim()];
  return letters.length > EXCERPT ? `${letters.slice(0, EXCERPT).join('')}…` : letters.join('');
}
