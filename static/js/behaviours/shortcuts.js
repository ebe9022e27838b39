const WAIT_MS = 1500; // between two keys of one shortcut
const TYPING = 'input, select, textarea, dialog[open], [contenteditable], [role="grid"], [role="listbox"], [role="menu"]';
/** Lines of a list; the first link of each is the way in. */
const LINES = 'main tbody tr, main .rows > li, main .exc > li, main .people > li';

/**
 * Single keys: the links of this dialog with `data-keys` are the places, "?" shows them, j and k go through the lines of
 * a list. Nothing while somebody types or holds another key; nothing at all with `data-off`.
 * @param {HTMLElement} element the `<dialog>`
 */
export function start(element) {
  const dialog = /** @type {HTMLDialogElement} */ (element);
  for (const way of document.querySelectorAll('[data-shows="shortcuts"]')) way.addEventListener('click', (event) => show(dialog, event));
  if ('off' in dialog.dataset) return;
  let before = ''; // the key before, unless it was one of a shortcut
  let atMs = 0;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || event.repeat) return;
    if (event.key.length !== 1 || (event.target instanceof Element && event.target.closest(TYPING))) return;
    const both = event.timeStamp - atMs < WAIT_MS ? `${before} ${event.key}` : '';
    atMs = event.timeStamp;
    before = follow(dialog, both) || follow(dialog, event.key) || act(dialog, event) ? '' : event.key;
  });
}

/** @param {HTMLDialogElement} dialog @param {string} keys */
function follow(dialog, keys) {
  const link = [...dialog.querySelectorAll('a[data-keys]')].find((one) => /** @type {HTMLElement} */ (one).dataset.keys === keys);
  if (!(link instanceof HTMLElement)) return false;
  link.click();
  return true;
}

/** @param {HTMLDialogElement} dialog @param {KeyboardEvent} event */
function act(dialog, event) {
  if (event.key === '?') return show(dialog, event);
  if (event.key === 'j' || event.key === 'k') return move(event.key === 'j' ? 1 : -1);
  return false;
}

/** @param {HTMLDialogElement} dialog @param {Event} event */
function show(dialog, event) {
  event.preventDefault();
  for (const menu of document.querySelectorAll('details[open].menu')) menu.removeAttribute('open');
  if (!dialog.open) dialog.showModal();
  return true;
}

/** To the next line or the one before; from outside the list to its first. @param {number} by */
function move(by) {
  const lines = [...document.querySelectorAll(LINES)].filter((line) => line.querySelector('a[href]') && line.getClientRects().length);
  const here = lines.findIndex((line) => line.contains(document.activeElement));
  const line = here < 0 ? lines[0] : lines[here + by];
  /** @type {HTMLElement | null | undefined} */ (line?.querySelector('a[href]'))?.focus();
  return true;
}
