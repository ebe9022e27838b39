import { AppError } from '#app/core/errors.js';
import { needLead, outdate, pin } from '#app/sync/operations/effects.js';

/**
 * The lead answers an item of the checklist; null takes the answer back. What a value may be is the screen's and the server's.
 * @type {import('#app/types/store.js').Operation}
 */
export const answerItem = {
  build({ item, value = null, ...args }, { job, me }) {
    needLead(job, me);
    const checklist = args.checklist ?? job.checklist?.id;
    if (!checklist) throw new AppError('checklist_unknown');
    return { checklist, item, value };
  },

  apply(before, op, me) {
    const { checklist, item, value } = op.args;
    const job = pin(before, checklist);
    const was = job.answers.find((answer) => answer.item === item);
    if (was ? was.id === op.id : value === null) return job;
    const answers = job.answers.filter((answer) => answer !== was);
    if (value !== null) answers.push({ id: op.id, item, value, at_ms: op.occurred_at, by: me.name, by_id: me.id, unsent: true });
    const next = { ...job, answers };
    const isOther = JSON.stringify(was?.value ?? null) !== JSON.stringify(value);
    return isOther && job.shownItems.includes(item) ? outdate(next) : next;
  },
};
