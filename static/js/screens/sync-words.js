import { day, dayOf, t, time } from '#app/core/i18n.js';

/** @typedef {import('#app/screens/types.js').SyncStatus} SyncStatus */
/**
 * @typedef {object} SyncWords
 * @property {string} icon
 * @property {'calm' | 'wait' | 'risk'} tone
 * @property {string} text what is so
 * @property {string} small what is safe, since when
 * @property {{text: string, href: string} | {text: string, send: true} | null} action the one thing to do, if any
 */

const CLOCK_TOLERANCE_MS = 2 * 60 * 1000; // less is not worth a word: a clock set by hand

/**
 * The line under the title: the state of sending in words.
 * @param {SyncStatus} status
 * @param {{nowMs: number, zone: string, storage: string | null}} at storage: code of trouble with this phone's storage
 * @returns {SyncWords}
 */
export function syncWords(status, { nowMs, zone, storage }) {
  const contact = contactWords(status.lastContactMs, nowMs, zone);
  const count = unsentOf(status);
  const small = count ? contact : t('Nothing unsent · {contact}', { contact });
  const kept = count ? t('{count} only on this phone, safe · {contact}', { count, contact }) : small;
  if (storage) return storageWords(storage, small);
  switch (status.state) {
    case 'signed_out':
      return { icon: 'log-in', tone: 'wait', text: t('Sign in to send'), small: kept, action: { text: t('Sign in'), href: '#/sign-in' } };
    case 'revoked':
      return { icon: 'ban', tone: 'risk', text: t('The office has removed this phone'), small: kept, action: { text: t('What to do'), href: '#/outbox' } };
    case 'not_allowed':
      return { icon: 'ban', tone: 'risk', text: t('Your account may not send from here'), small: kept, action: { text: t('What to do'), href: '#/outbox' } };
    case 'update_needed':
      return { icon: 'download', tone: 'risk', text: status.code === 'rescued' ? t('Safe at the office: update this app') : t('This app is too old to send'), small: kept, action: { text: t('Update'), href: '#/me' } };
    default:
      return clockWords(status, small) ?? linkWords(status, small, contact);
  }
}

/** Things only on this phone: acts and photos. @param {SyncStatus} status */
export function unsentOf({ pending, photos }) {
  return pending + photos;
}

/** "3 photos only on this phone". @param {SyncStatus} status */
function unsentWords({ pending, photos }) {
  if (!photos) return t('{count} only on this phone', { count: pending });
  if (pending) return t('{count} only on this phone, photos: {photos}', { count: pending + photos, photos });
  return photos === 1 ? t('1 photo only on this phone') : t('{count} photos only on this phone', { count: photos });
}

/** @param {SyncStatus} status @param {string} small @param {string} contact @returns {SyncWords} */
function linkWords(status, small, contact) {
  const count = unsentOf(status);
  const unsent = unsentWords(status);
  const send = { text: t('Send now'), send: /** @type {const} */ (true) };
  if (status.state === 'sending' && count) return { icon: 'cloud-upload', tone: 'wait', text: t('Sending {count}', { count }), small, action: null };
  if (status.state === 'server_trouble') {
    return { icon: 'server', tone: 'wait', text: t('The server has trouble, trying again by itself'), small: count ? `${unsent} · ${contact}` : small, action: send };
  }
  if (status.state === 'offline') {
    return { icon: 'cloud-off', tone: 'wait', text: t('No signal, work as usual'), small: count ? `${unsent} · ${contact}` : small, action: { text: t('What works'), href: '#/help' } };
  }
  if (count) return { icon: 'cloud-upload', tone: 'wait', text: unsent, small: contact, action: send };
  if (!status.lastContactMs) return { icon: 'cloud-off', tone: 'wait', text: t('No contact with the server yet'), small: t('Your jobs come with the first contact'), action: send };
  return { icon: 'check', tone: 'calm', text: t('All on the server'), small: contact, action: null };
}

/** @param {SyncStatus} status @param {string} small @returns {SyncWords | null} */
function clockWords(status, small) {
  const off = status.clockOffMs ?? 0;
  if (Math.abs(off) <= CLOCK_TOLERANCE_MS) return null;
  const words = { span: spanWords(Math.abs(off)) };
  const text = off > 0 ? t('This phone’s clock is {span} fast', words) : t('This phone’s clock is {span} slow', words);
  return { icon: 'clock-alert', tone: 'risk', text, small: unsentOf(status) ? `${unsentWords(status)} · ${small}` : small, action: { text: t('What to do'), href: '#/outbox' } };
}

/** @param {string} code @param {string} small @returns {SyncWords} */
function storageWords(code, small) {
  const text = code === 'storage_full' ? t('This phone’s storage is full') : t('This phone cannot store right now');
  return { icon: 'hard-drive', tone: 'risk', text, small, action: { text: t('What to do'), href: '#/outbox' } };
}

/** "Last contact 10:42", with the day when it was not today. @param {number | null} lastMs @param {number} nowMs @param {string} zone */
export function contactWords(lastMs, nowMs, zone) {
  if (!lastMs) return t('No contact yet');
  return t('Last contact {time}', { time: momentWords(lastMs, nowMs, zone) });
}

/** 10:42, or the day and 10:42 when it was another day. @param {number} ms @param {number} nowMs @param {string} zone */
export function momentWords(ms, nowMs, zone) {
  const on = dayOf(ms, zone);
  return on === dayOf(nowMs, zone) ? time(ms, zone) : `${day(on)} ${time(ms, zone)}`;
}

/** @param {number} ms */
function spanWords(ms) {
  const minutes = Math.round(ms / 60000);
  if (minutes < 90) return t('{count} min', { count: minutes });
  if (minutes < 36 * 60) return t('{count} h', { count: Math.round(minutes / 60) });
  return t('{count} d', { count: Math.round(minutes / 1440) });
}
