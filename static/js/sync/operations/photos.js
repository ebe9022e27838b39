import { AppError } from '#app/core/errors.js';
import { ENDED } from '#app/rules/job-state.js';
import { outdate, textOf } from '#app/sync/operations/effects.js';

/** @typedef {import('#app/types/store.js').Shown} Shown */
/** @typedef {import('#app/types/domain.js').PhotoRecord} PhotoRecord */

const SLOTS = ['before', 'during', 'after', 'damage', 'voucher', 'paper'];
const CAPTION_LIMIT = 200;
const REASON_LIMIT = 500;
/** Bytes the server takes (docs/sync-protocol.md). */
const SIZE_LIMIT = 30_000_000;

/**
 * A photo of the crew; its bytes travel afterwards.
 * @type {import('#app/types/store.js').Operation}
 */
export const addPhoto = {
  build(args) {
    const { slot, item = '', sha256, size, media_type, source, file_name = '', opens = true, declared = null, replaces = null, place = null } = args;
    if (!SLOTS.includes(slot)) throw new AppError('slot_unknown');
    if (!/^[0-9a-f]{64}$/.test(sha256) || !(size > 0)) throw new AppError('photo_empty');
    if (size > SIZE_LIMIT) throw new AppError('photo_too_large');
    const caption = textOf(args.caption, CAPTION_LIMIT);
    return { slot, item, caption, sha256, size, media_type, source, file_name, opens, declared, replaces, place, no_place: place ? '' : args.no_place ?? '' };
  },

  apply(job, op, me) {
    if (job.photos.some((photo) => photo.id === op.id)) return job;
    const { slot, item, caption, sha256, size, media_type, source, opens, replaces } = op.args;
    /** @type {PhotoRecord} */
    const photo = {
      id: op.id, slot, item, caption, sha256, size, media_type, source, opens, at_ms: op.occurred_at, by: me.name, by_id: me.id, late: false, run: job.run,
      state: 'announced', picture: 'unchecked', why: '', waived: false, void_reason: null, unsent: true,
    };
    const before = job.photos.find(({ id }) => id === replaces);
    const kept = before && !job.closed && mayVoid(before, job, me) ? voided(job, before.id, '') : job;
    const next = { ...kept, photos: [...kept.photos, photo] };
    return isOnSheet(job, photo) && job.lead?.id === me.id ? outdate(next) : next;
  },
};

/** @type {import('#app/types/store.js').Operation} */
export const captionPhoto = {
  build({ photo_id, caption }, { job }) {
    photoOf(job, photo_id);
    return { photo_id, caption: textOf(caption, CAPTION_LIMIT) };
  },

  apply(job, { args: { photo_id, caption } }) {
    const before = job.photos.find((photo) => photo.id === photo_id);
    if (!before || before.caption === caption) return job;
    const next = changed(job, photo_id, { caption });
    return isOnSheet(job, before) ? outdate(next) : next;
  },
};

/**
 * Whoever took it, or the lead, takes a photo out; it stays in the record.
 * @type {import('#app/types/store.js').Operation}
 */
export const voidPhoto = {
  build({ photo_id, reason }, { job, me }) {
    if (!mayVoid(photoOf(job, photo_id), job, me)) throw new AppError('not_allowed_photo');
    return { photo_id, reason: textOf(reason, REASON_LIMIT) };
  },

  apply(job, { args }) {
    return voided(job, args.photo_id, args.reason);
  },
};

/** @param {Shown} job @param {string} id */
function photoOf(job, id) {
  const photo = job.photos.find((one) => one.id === id);
  if (!photo) throw new AppError('photo_unknown');
  if (job.closed) throw new AppError('job_closed');
  return photo;
}

/** @param {PhotoRecord} photo @param {Shown} job @param {{id: string}} me */
function mayVoid(photo, job, me) {
  return [photo.by_id, job.lead?.id].includes(me.id);
}

/** Voiding twice leaves it as it was the first time. @param {Shown} job @param {string} id @param {string} void_reason */
function voided(job, id, void_reason) {
  const photo = job.photos.find((one) => one.id === id && one.void_reason === null);
  if (!photo) return job;
  const next = changed(job, id, { void_reason });
  return isOnSheet(job, photo) ? outdate(next) : next;
}

/** Whether a sheet of the present run can show it. After the end nobody signs: what comes then stands beside it. @param {Shown} job @param {PhotoRecord} photo */
function isOnSheet(job, { slot, run, late }) {
  return slot !== 'paper' && run === job.run && !late && !ENDED.includes(job.state);
}

/** @param {Shown} job @param {string} id @param {Partial<PhotoRecord>} change */
function changed(job, id, change) {
  return { ...job, photos: job.photos.map((photo) => (photo.id === id ? { ...photo, ...change, unsent: true } : photo)) };
}
