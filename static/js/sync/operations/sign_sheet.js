import { AppError } from '#app/core/errors.js';

/** Points and twentieth of the box below which a mark is weak: it is shown as such, not refused. */
const FEWEST_POINTS = 20;
const LEAST_EXTENT = 500;

/**
 * What the customer was shown, and what came of it: signature, refusal, absence, a neighbour's, paper.
 * @type {import('#app/types/store.js').Operation}
 */
export const signSheet = {
  build({ presented, payload, signature }, { job, me }) {
    if (job.lead?.id !== me.id) throw new AppError('not_lead');
    if (!['arrived', 'working'].includes(job.state)) throw new AppError('sign_wrong_state');
    const signed = read(payload);
    if (signed.job !== job.id || signed.run !== job.run) throw new AppError('sign_other_job');
    if (job.sheets.some(({ kind, revision, state }) => kind === signed.kind && revision === signed.revision && state === 'valid')) throw new AppError('sign_revision_used');
    return { presented, payload, signature };
  },

  apply(job, op, me) {
    const { kind, outcome, run, revision, signer, strokes, language } = JSON.parse(op.args.payload);
    if (run !== job.run || job.sheets.some((sheet) => sheet.id === op.id)) return job;
    const { lines, total_fen } = JSON.parse(op.args.presented);
    const sheet = {
      id: op.id, kind, revision, outcome, signer: signer.name, role: signer.role, at_ms: op.occurred_at, lines, total_fen, language,
      state: /** @type {const} */ ('valid'), fault: '', weak: strokes.length > 0 && isWeak(strokes), current: true, unsent: true,
    };
    return { ...job, sheets: [...job.sheets.map((earlier) => (replaces(sheet, earlier) ? { ...earlier, current: false } : earlier)), sheet] };
  },
};

/** @param {string} payload */
function read(payload) {
  try {
    return JSON.parse(payload);
  } catch {
    throw new AppError('sign_unreadable');
  }
}

/** Fewer than 20 points, or smaller than a twentieth of the box. @param {number[][][]} strokes */
export function isWeak(strokes) {
  const points = strokes.flat();
  const extent = (/** @type {number} */ axis) => Math.max(...points.map((point) => point[axis])) - Math.min(...points.map((point) => point[axis]));
  return points.length < FEWEST_POINTS || Math.max(extent(0), extent(1)) < LEAST_EXTENT;
}

/**
 * A sign-off stands in the place of earlier ones; a new agreement in that of all, for it changes what is to be paid.
 * @param {{kind: string, outcome: string}} sheet @param {{kind: string}} earlier
 */
function replaces({ kind, outcome }, earlier) {
  return kind === 'sign_off' ? earlier.kind === kind : ['signed', 'paper'].includes(outcome);
}
