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
}

/** The form of a visit opens in front of the board; a link one wants in another tab stays a link. @param {MouseEvent} event */
function open(event) {
  const block = event.target instanceof Element ? event.target.closest('.blk[data-moves]') : null;
  const opener = document.getElementById('board-open');
  if (!(block instanceof HTMLAnchorElement) || !opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  opener.setAttribute('hx-get', block.getAttribute('href') ?? '');
  opener.click();
}
