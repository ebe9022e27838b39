import { t } from '#app/core/i18n.js';
import { picture } from '#app/behaviours/picture.js';

/**
 * @typedef {object} Line
 * @property {string} id of the visit
 * @property {string} who goes there; '' nobody yet
 * @property {string} words where the list beside the map has none
 */

/**
 * The visits of one house as a list in front of the page: to choose some of them, or to go to one's place on the board.
 * While it is open, what lies below is not exchanged (`live.js`).
 * @param {HTMLElement} part `#map-part`, which has a row and, where it may be given away, a box for each visit
 * @param {Line[]} lines in the order of the day
 * @param {{ boxOf: (id: string) => HTMLInputElement | null, open: (id: string) => void, counts: () => void, closed: () => void }} page counts: what is chosen has changed; open: shows one on the board
 */
export function openCrowd(part, lines, page) {
  const dialog = /** @type {HTMLDialogElement} */ (made('dialog', 'sheet-dialog crowd-list'));
  dialog.setAttribute('aria-labelledby', 'crowd-title');
  const title = made('h2', '', t('Visits here: {count}', { count: lines.length }));
  title.id = 'crowd-title';
  const close = button('btn btn-icon', () => dialog.close(), t('Close'));
  close.append(picture('x'));
  const head = made('div', 'dialog-head');
  head.append(title, close);
  const body = made('div', 'dialog-body');
  const whose = [...new Set(lines.map((line) => line.who))].sort((one, other) => Number(one !== '') - Number(other !== '')); // of nobody first, as beside the map
  for (const who of whose) {
    const list = made('ul', '');
    list.append(...lines.filter((line) => line.who === who).map((line) => lineOf(line, dialog, page)));
    body.append(made('h3', '', who || t('Nobody yet')), list);
  }
  dialog.append(head, body);
  const boxes = /** @type {HTMLInputElement[]} */ ([...dialog.querySelectorAll('input')]);
  if (boxes.length) {
    const foot = made('div', 'dialog-foot');
    const chooses = button('btn', () => {
      const isEach = boxes.every((box) => box.checked);
      for (const box of boxes) if (box.checked === isEach) box.click();
    });
    chooses.textContent = t('Choose all of them or none');
    foot.append(chooses);
    dialog.append(foot);
  }
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); }); // beside it
  dialog.addEventListener('close', () => {
    dialog.remove();
    page.closed();
  });
  part.append(dialog);
  dialog.showModal();
}

/** @param {Line} line @param {HTMLDialogElement} dialog @param {Parameters<typeof openCrowd>[2]} page */
function lineOf({ id, words }, dialog, page) {
  const line = made('li', 'crowd-line');
  const row = document.querySelector(`.map-row[data-pin="${CSS.escape(id)}"] .check > span`); // its time, its state, what is wrong
  const said = row ? /** @type {Element} */ (row.cloneNode(true)) : made('span', '', words);
  const box = page.boxOf(id);
  if (box) {
    const label = made('label', 'check');
    const mine = Object.assign(document.createElement('input'), { type: 'checkbox', checked: box.checked });
    mine.addEventListener('change', () => {
      const now = page.boxOf(id);
      if (now) now.checked = mine.checked;
      page.counts();
    });
    label.append(mine, said);
    line.append(label);
  } else {
    const plain = made('span', 'check');
    plain.append(said);
    line.append(plain);
  }
  if (document.getElementById(`blk-${id}`)) {
    const leads = button('btn', () => {
      dialog.close();
      page.open(id);
    }, `${t('On the board')}: ${words}`);
    leads.textContent = t('On the board');
    line.append(leads);
  }
  return line;
}

/** @param {string} tag @param {string} className @param {string} [text] */
function made(tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** @param {string} className @param {() => void} act @param {string} [name] where the text says too little */
function button(className, act, name = '') {
  const one = /** @type {HTMLButtonElement} */ (made('button', className));
  one.type = 'button';
  if (name) one.setAttribute('aria-label', name);
  one.addEventListener('click', act);
  return one;
}
