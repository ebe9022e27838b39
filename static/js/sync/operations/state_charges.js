import { AppError } from '#app/core/errors.js';
import { ENDED } from '#app/rules/job-state.js';
import { needLead, outdate } from '#app/sync/operations/effects.js';

const MOST_LINES = 30;

/**
 * The final charge, where it is less than what was agreed; the screen checks the lines (`rules/charges.js`), and the server again.
 * @type {import('#app/types/store.js').Operation}
 */
export const stateCharges = {
  build({ lines }, { job, me }) {
    needLead(job, me);
    if (ENDED.includes(job.state)) throw new AppError('job_ended');
    if (!Array.isArray(lines) || lines.length > MOST_LINES) throw new AppError('lines_bad');
    return { lines };
  },

  apply(job, op) {
    if (job.charges?.id === op.id) return job;
    const { lines } = op.args;
    const total_fen = lines.reduce((/** @type {number} */ sum, /** @type {{amount_fen: number}} */ line) => sum + line.amount_fen, 0);
    return outdate({ ...job, charges: { id: op.id, lines, total_fen } });
  },
};
