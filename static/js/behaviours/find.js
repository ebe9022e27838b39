/**
 * "/" anywhere on the page goes to the search, unless the person has switched keys off; Escape in it empties it first.
 * @param {HTMLElement} element the label around the field
 */
export function start(element) {
  const field = element.querySelector('input');
  if (!field) return;
  document.addEventListener('keydown', (event) => {
    const from = event.target instanceof Element ? event.target.closest('input, select, textarea, dialog[open], [contenteditable]') : null;
    if (document.querySelector('#shortcuts[data-off]')) return;
    if (event.key !== '/' || from || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
