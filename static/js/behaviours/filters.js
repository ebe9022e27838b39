/**
 * At a desk the filters always show. Style sheets do that where the browser lets them; elsewhere they are opened here.
 * @param {HTMLElement} element a <details> around the filters of a list
 */
export function start(element) {
  const isWide = matchMedia('(min-width: 48.01rem)').matches;
  if (isWide && !CSS.supports('selector(::details-content)')) element.setAttribute('open', '');
}
