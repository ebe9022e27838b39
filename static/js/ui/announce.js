/**
 * Says a short sentence to screen readers and, for a few seconds, on the screen: the receipt for something written down.
 * @param {string} text
 */
export function announce(text) {
  const said = document.getElementById('said');
  if (!said) return;
  const toast = document.createElement('p');
  toast.className = 'toast';
  toast.append(Object.assign(document.createElement('span'), { textContent: text }));
  said.replaceChildren(toast);
  clearTimeout(timer);
  timer = setTimeout(() => said.replaceChildren(), SHOWN_MS);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
const SHOWN_MS = 4000; // long enough to read, gone before the next step
