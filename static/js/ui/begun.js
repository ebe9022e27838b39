/** Fields that a person has touched on this page. @type {Set<any>} */
const touched = new Set();

/** Listens from the start. */
export function watchBegun() {
  addEventListener('input', ({ target }) => touched.add(target), true);
  addEventListener('click', ({ target }) => void (isFile(target) && touched.add(target)), true); // the camera opens, and comes back with something
}

/** Whether something on this page was begun that may be in no store yet: words, a photo under way, the customer's turn. */
export function isBegun() {
  for (const field of touched) if (!field.isConnected || (field.value === '' && !isFile(field))) touched.delete(field);
  return touched.size > 0 || document.querySelector('[aria-busy=true], turned-screen') !== null;
}

/** @param {any} field */
function isFile({ type }) {
  return type === 'file';
}
