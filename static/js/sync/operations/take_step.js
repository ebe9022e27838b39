import { AppError } from '#app/core/errors.js';
import { STEPS, take } from '#app/rules/job-state.js';
import { pin } from '#app/sync/operations/effects.js';

/**
 * The lead takes the next step of a visit.
 * @type {import('#app/types/store.js').Operation}
 */
export const takeStep = {
  build(args, { job, me }) {
    const { step, reason = '', promised_ms = null, no_promise = '', place = null } = args;
    if (job.lead?.id !== me.id) throw new AppError('not_lead');
    const next = take(job.state, step, { reason, promised: promised_ms !== null || no_promise.trim() !== '' });
    if ('refused' in next) throw new AppError(next.refused);
    return { step, reason: reason.trim(), promised_ms, no_promise: no_promise.trim(), place, no_place: place ? '' : args.no_place ?? '', checklist: args.checklist ?? job.checklist?.id ?? null };
  },

  apply(job, op, me) {
    const { step, promised_ms } = op.args;
    // In the base already, or the office was faster (cancelled, moved on): the server will set the step aside.
    if (job.steps.some((taken) => taken.id === op.id) || !STEPS[step]?.leaves?.includes(job.state)) return job;
    const to = /** @type {import('#app/types/domain.js').JobState} */ (STEPS[step].enters);
    const reason = op.args.reason || op.args.no_promise;
    const taken = { id: op.id, step, from: job.state, to, at_ms: op.occurred_at, by: me.name, by_id: me.id, reason, promised_ms, run: job.run, void_reason: null, unsent: true };
    return pin({ ...job, state: to, steps: [...job.steps, taken] }, op.args.checklist);
  },
};
