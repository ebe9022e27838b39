/**
 * Leaving a page with typed but unsaved text asks first.
 * @param {HTMLElement} element
 */
export function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  let isChanged = document.querySelector('.errors, .note-wait[role="alert"]') !== null;
  form.addEventListener('input', () => { isChanged = true; });
  form.addEventListener('submit', () => { isChanged = false; });
  addEventListener('beforeunload', (event) => {
    if (isChanged) event.preventDefault();
  });
}
