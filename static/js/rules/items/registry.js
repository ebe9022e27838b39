import { choose } from '#app/rules/items/choose.js';
import { confirm } from '#app/rules/items/confirm.js';
import { number } from '#app/rules/items/number.js';
import { photo } from '#app/rules/items/photo.js';
import { photoPair } from '#app/rules/items/photo_pair.js';
import { say } from '#app/rules/items/say.js';
import { signature } from '#app/rules/items/signature.js';
import { text } from '#app/rules/items/text.js';

/**
 * The item types by their name in the content.
 * @type {Readonly<Record<string, import('#app/rules/items/base.js').ItemType>>}
 */
export const itemTypes = Object.freeze({ confirm, say, choose, number, text, photo, photo_pair: photoPair, signature });
