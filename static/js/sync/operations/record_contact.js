import { AppError } from '#app/core/errors.js';

const CHANNELS = ['call', 'sms'];

/**
 * The person called or wrote to the customer from the app. Nothing of the job shows it: it is for the office.
 * @type {import('#app/types/store.js').Operation}
 */
export const recordContact = {
  build({ channel }) {
    if (!CHANNELS.includes(channel)) throw new AppError('channel_unknown');
    return { channel };
  },

  apply(job) {
    return job;
  },
};
