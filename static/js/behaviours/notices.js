const SHOWN_MS = 8000; // long enough to read two lines twice

/**
 * Notices go by themselves, unless somebody points at them.
 * @param {HTMLElement} element
 */
export function start(element) {
  const clear = () => (element.matches(':hover, :focus-within') ? setTimeout(clear, SHOWN_MS) : element.replaceChildren());
  setTimeout(clear, SHOWN_MS);
}
