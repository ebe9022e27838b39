/**
 * The words for an error. They are loaded when something goes wrong: the first screen does not wait for them.
 * @param {unknown} error
 * @returns {Promise<string>}
 */
export async function why(error) {
  try {
    return (await import('#app/ui/errors.js')).errorWords(error);
  } catch {
    return /** @type {any} */ (error)?.code ?? String(error); // better a code the office can be told than nothing
  }
}
