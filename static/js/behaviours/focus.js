/**
 * What must be read first takes the focus: a list of what has to be put right.
 * @param {HTMLElement} element
 */
export function start(element) {
  if (!document.querySelector('[data-behaviour~="focus"]:focus')) element.focus();
}
