import htmx from '#vendor/htmx.js';
import { Drag } from '#app/behaviours/board/drag.js';
import { Keys } from '#app/behaviours/board/keys.js';
import { Rows } from '#app/behaviours/board/rows.js';

/**
 * The board: blocks are dragged, moved by keys, or opened as a form in front of the page.
 * @param {HTMLElement} page
 */
export function start(page) {
  const rows = new Rows(page);
  new Drag(page, rows);
  new Keys(page, rows);
  page.addEventListener('click', (event) => open(event));
  document.addEventListener('htmx:before:request', (event) => tellSeals(page, event)); // what waited its turn is asked with what is here by then
  document.addEventListener('htmx:after:swap', () => fetchLost(page));
}

// a hook, and no event: htmx asks extensions alone
htmx.registerExtension('board', { htmx_before_morph_node: keepSame });

/** The server need not send again the rows that are here; it knows them by their seals. @param {HTMLElement} page @param {Event} event */
function tellSeals(page, event) {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (ctx.target !== page) return;
  ctx.request.headers['X-Board-Have'] = [...page.querySelectorAll('[data-seal]')].map((row) => /** @type {HTMLElement} */ (row).dataset.seal).join(',');
}

/**
 * A row that came without what lies in it stays as it is.
 * @param {Element} _row @param {{ newNode: Node }} detail @returns {boolean} whether it is to be drawn anew
 */
function keepSame(_row, { newNode }) {
  return !(newNode instanceof HTMLElement && 'same' in newNode.dataset);
}

/** What came empty though it is not here any more is asked for: without a seal it comes whole. @param {HTMLElement} page */
function fetchLost(page) {
  if (page.querySelector('[data-same]')) document.body.dispatchEvent(new CustomEvent('fieldservice:changed'));
}

/** The form of a visit opens in front of the board; a link one wants in another tab stays a link. @param {MouseEvent} event */
function open(event) {
  const block = event.target instanceof Element ? event.target.closest('.blk[data-moves], .lane-away') : null;
  const opener = document.getElementById('board-open');
  if (!(block instanceof HTMLAnchorElement) || !opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  opener.setAttribute('hx-get', block.getAttribute('href') ?? '');
  opener.click();
}
