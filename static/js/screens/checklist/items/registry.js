import { choose } from '#app/screens/checklist/items/choose.js';
import { confirm } from '#app/screens/checklist/items/confirm.js';
import { number } from '#app/screens/checklist/items/number.js';
import { photo } from '#app/screens/checklist/items/photo.js';
import { photoPair } from '#app/screens/checklist/items/photo_pair.js';
import { say } from '#app/screens/checklist/items/say.js';
import { signature } from '#app/screens/checklist/items/signature.js';
import { text } from '#app/screens/checklist/items/text.js';

/** How each type of item is answered; the same names as in `rules/items/registry.js`. @type {Readonly<Record<string, import('#app/screens/checklist/types.js').ItemView>>} */
export const itemViews = Object.freeze({ confirm, say, choose, number, text, photo, photo_pair: photoPair, signature });
