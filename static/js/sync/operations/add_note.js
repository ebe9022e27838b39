import { AppError } from '#app/core/errors.js';

/** Characters of a note: what fits a phone screen several times over. */
export const NOTE_LIMIT = 2000;

/**
 * Words of the crew about a visit; also after it ended.
 * @type {import('#app/types/store.js').Operation}
 */
export const addNote = {
  build(args) {
    const text = String(args.text ?? '').trim();
    if (!text) throw new AppError('text_missing');
    if ([...text].length > NOTE_LIMIT) throw new AppError('text_too_long', { limit: NOTE_LIMIT });
    return { text };
  },

  apply(job, op, me) {
    if (job.notes.some((note) => note.id === op.id)) return job;
    const note = { id: op.id, text: op.args.text, by: me.name, by_id: me.id, at_ms: op.occurred_at, late: false, unsent: true };
    return { ...job, notes: [...job.notes, note] };
  },
};
