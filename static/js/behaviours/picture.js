const SVG = 'http://www.w3.org/2000/svg';

/** A picture of the sprite, for markup that a script makes. @param {string} name of the symbol */
export function picture(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'i');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${new URL('../../icons.svg', import.meta.url).pathname}#${name}`);
  svg.append(use);
  return svg;
}
