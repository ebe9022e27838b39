import { AppError } from '#app/core/errors.js';
import { textOf } from '#app/sync/operations/effects.js';

const KINDS = ['damage', 'injury', 'dispute', 'refused_gift', 'out_of_scope', 'other'];
const WORDS_LIMIT = 1000;

/**
 * Damage, injury, dispute: written down at once by whoever of the crew saw it.
 * @type {import('#app/types/store.js').Operation}
 */
export const reportIncident = {
  build({ kind, words }) {
    if (!KINDS.includes(kind)) throw new AppError('kind_unknown');
    const text = textOf(words, WORDS_LIMIT);
    if (!text) throw new AppError('text_missing');
    return { kind, words: text };
  },

  apply(job, op, me) {
    if (job.incidents.some((incident) => incident.id === op.id)) return job;
    const { kind, words } = op.args;
    return { ...job, incidents: [...job.incidents, { id: op.id, kind, words, at_ms: op.occurred_at, by: me.name, by_id: me.id, late: false, unsent: true }] };
  },
};
