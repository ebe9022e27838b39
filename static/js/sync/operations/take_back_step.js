import { AppError } from '#app/core/errors.js';
import { takeBack } from '#app/rules/job-state.js';

/**
 * The lead takes the last step back: it stays in the record, with the reason.
 * @type {import('#app/types/store.js').Operation}
 */
export const takeBackStep = {
  build(args, { job, me }) {
    if (job.lead?.id !== me.id) throw new AppError('not_lead');
    const last = lastStep(job);
    const wanted = args.step_id ?? last?.id;
    const { reason = '' } = args;
    const back = takeBack(job.state, last && last.id === wanted ? [last.from, last.to] : null, reason);
    if ('refused' in back) throw new AppError(back.refused);
    if (hasSigned(job)) throw new AppError('signed_already');
    return { step_id: wanted, reason: reason.trim() };
  },

  apply(job, op) {
    const { step_id, reason } = op.args;
    const last = lastStep(job);
    if (!last || last.id !== step_id || last.to !== job.state) return job;
    const steps = job.steps.map((step) => (step.id === step_id ? { ...step, void_reason: reason, unsent: true } : step));
    return { ...job, state: last.from, steps };
  },
};

/** Somebody put a name below the job as it is now. @param {import('#app/types/domain.js').JobFields} job */
export function hasSigned({ sheets }) {
  return sheets.some(({ kind, state, current, outcome }) => kind === 'sign_off' && state === 'valid' && current && ['signed', 'neighbour', 'paper'].includes(outcome));
}

/**
 * The step that can be taken back: the last of this run that still stands.
 * @param {import('#app/types/domain.js').JobFields} job
 */
export function lastStep(job) {
  return job.steps.filter((step) => step.run === job.run && step.void_reason === null).at(-1) ?? null;
}
