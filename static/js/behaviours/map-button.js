import { picture } from '#app/behaviours/picture.js';

/** A button of a map with a picture alone. @param {string} icon @param {string} words what it does @param {() => void} act */
export function mapButton(icon, words, act) {
  const made = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-icon', title: words });
  made.setAttribute('aria-label', words);
  made.append(picture(icon));
  made.addEventListener('click', act);
  return made;
}
