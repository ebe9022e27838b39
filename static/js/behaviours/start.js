/**
 * The desk's behaviours by the name an element carries in `data-behaviour` (several with blanks between).
 * Each module exports `start(element)`; it is loaded when the first element asks for it.
 * @type {Record<string, () => Promise<{ start: (element: HTMLElement) => void }>>}
 */
const BEHAVIOURS = {
  menu: () => import('#app/behaviours/menu.js'),
  notices: () => import('#app/behaviours/notices.js'),
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
}
