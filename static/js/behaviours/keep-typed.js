/**
 * Nothing typed is lost by leaving the page, nothing is sent twice by an impatient finger.
 * @param {HTMLElement} element a form
 */
export function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  let isChanged = document.querySelector('.errors, .note-wait[role="alert"]') !== null;
  let isSent = false;
  form.addEventListener('input', () => { isChanged = true; });
  form.addEventListener('submit', (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    isChanged = false;
  });
  addEventListener('pageshow', () => { isSent = false; }); // back from the page after it
  addEventListener('beforeunload', (event) => {
    if (isChanged) event.preventDefault();
  });
}
