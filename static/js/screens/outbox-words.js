import { t, time } from '#app/core/i18n.js';
import { stepWord } from '#app/screens/job-words.js';

/** @typedef {import('#app/screens/types.js').Op} Op */
/** @typedef {import('#app/screens/types.js').JobView} JobView */

const EXCERPT = 60; // characters of a note: enough to know which one

/**
 * An act in the words of the person who did it.
 * @param {Op} op
 * @param {string} zone
 * @returns {{icon: string, text: string, small: string}}
 */
export function opWords(op, zone) {
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
    default:
      return { icon: 'file-text', text: `${op.kind} ${at}`, small: '' };
  }
}

/**
 * Groups acts by job, in the order of the first act of each.
 * @param {Op[]} ops
 * @returns {{jobId: string, number: string, ops: Op[]}[]}
 */
export function byJob(ops) {
  /** @type {Map<string, Op[]>} */
  const groups = new Map();
  for (const op of ops) groups.set(op.entity, [...(groups.get(op.entity) ?? []), op]);
  return [...groups].map(([jobId, ofJob]) => ({ jobId, number: ofJob[0].number, ops: ofJob }));
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
  const { pending } = status;
  switch (status.state) {
    case 'offline':
      return pending
        ? { icon: 'wifi-off', tone: 'wait', strong: t('No signal now.'), text: t('Everything is stored on this phone and goes out by itself as soon as there is signal. Screen off, empty battery, closed app: nothing gets lost.'), action: null }
        : { icon: 'wifi-off', tone: 'wait', strong: t('No signal now.'), text: t('Nothing is waiting. You can go on working; what you record is kept here and sent later.'), action: null };
    case 'signed_out':
      return { icon: 'log-in', tone: 'wait', strong: t('You are signed out.'), text: t('Everything here is safe, and you can go on working. Sign in and it goes out.'), action: { text: t('Sign in'), href: '#/sign-in' } };
    case 'revoked':
      return { icon: 'ban', tone: 'risk', strong: t('The office has removed this phone.'), text: t('Nothing is sent from here any more. Export what is unsent below and call your branch.'), action: null };
    case 'not_allowed':
      return { icon: 'ban', tone: 'risk', strong: t('Your account may not send from here.'), text: t('Everything stays on this phone. Please call your branch; they can allow it again.'), action: null };
    case 'update_needed':
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
