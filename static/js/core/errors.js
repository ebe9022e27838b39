/**
 * An error with a code that has words on the screen (`core/reasons.js`); `facts` fill the words.
 */
export class AppError extends Error {
  /**
   * @param {string} code e.g. 'storage_full', 'reason_missing', 'offline'
   * @param {Record<string, any>} [facts]
   */
  constructor(code, facts = {}) {
    super(code);
    this.name = 'AppError';
    this.code = code;
    this.facts = facts;
  }
}
