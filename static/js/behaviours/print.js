/**
 * A button that prints the page. Shown only where scripts run: without them the browser's own menu prints.
 * @param {HTMLElement} button
 */
export function start(button) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}
