const SHOWN_MS = 8000; // long enough to read two lines twice

/**
 * Says something once at the edge of a desk page. Removed by itself, unless somebody points at it.
 * @param {string} words
 * @param {HTMLElement | null} action what can be done about it
 */
export function sayOnce(words, action = null) {
  const toast = document.createElement('p');
  toast.className = 'toast';
  toast.append(Object.assign(document.createElement('span'), { textContent: words }));
  if (action) toast.append(action);
  document.getElementById('notices')?.append(toast);
  const remove = () => (toast.matches(':hover, :focus-within') ? setTimeout(remove, SHOWN_MS) : toast.remove());
  setTimeout(remove, SHOWN_MS);
}
