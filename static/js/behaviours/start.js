/**
 * The desk's behaviours by the name an element carries in `data-behaviour` (several with blanks between).
 * Each module exports `start(element)`; it is loaded when the first element asks for it.
 * @type {Record<string, () => Promise<{ start: (element: HTMLElement) => void }>>}
 */
const BEHAVIOURS = {
  board: () => import('#app/behaviours/board.js'),
  'board-map': () => import('#app/behaviours/board-map.js'),
  copy: () => import('#app/behaviours/copy.js'),
  focus: () => import('#app/behaviours/focus.js'),
  'job-form': () => import('#app/behaviours/job-form.js'),
  'keep-typed': () => import('#app/behaviours/keep-typed.js'),
  'map-pin': () => import('#app/behaviours/map-pin.js'),
  dialog: () => import('#app/behaviours/dialog.js'),
  filters: () => import('#app/behaviours/filters.js'),
  find: () => import('#app/behaviours/find.js'),
  gallery: () => import('#app/behaviours/gallery.js'),
  'insert-words': () => import('#app/behaviours/insert-words.js'),
  live: () => import('#app/behaviours/live.js'),
  markup: () => import('#app/behaviours/markup.js'),
  menu: () => import('#app/behaviours/menu.js'),
  'points-map': () => import('#app/behaviours/points-map.js'),
  notices: () => import('#app/behaviours/notices.js'),
  'take-slot': () => import('#app/behaviours/take-slot.js'),
  shortcuts: () => import('#app/behaviours/shortcuts.js'),
  print: () => import('#app/behaviours/print.js'),
  together: () => import('#app/behaviours/together.js'),
  'usual-minutes': () => import('#app/behaviours/usual-minutes.js'),
};

/** @type {WeakSet<Element>} */
const started = new WeakSet();

/**
 * Starts what has not been started yet; fragments that came later too.
 * @param {ParentNode} root
 */
export function startBehaviours(root) {
  for (const element of root.querySelectorAll('[data-behaviour]')) {
    if (element instanceof HTMLElement && !started.has(element)) {
      started.add(element);
      void startOne(element);
    }
  }
}

/** @param {HTMLElement} element */
async function startOne(element) {
  for (const name of (element.dataset.behaviour ?? '').split(/\s+/).filter(Boolean)) {
    const load = BEHAVIOURS[name];
    if (!load) throw new Error(`no such behaviour: ${name}`);
    (await load()).start(element);
  }
  element.dataset.started = ''; // for who has to know that it answers now
}
