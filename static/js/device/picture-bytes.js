/**
 * What the bytes of a picture say before anything decodes them: some browsers open a photo that was cut short and paint the
 * rest grey, and run out of memory on a small file that unpacks to a huge one.
 */

const MOST_PIXELS = 100e6; // four bytes each: more than a phone can hold
const SCAN = 0xda;

/**
 * @param {Uint8Array} bytes
 * @returns {{isJpeg: boolean, isHeic: boolean, fault: '' | 'empty' | 'truncated' | 'too_many_pixels'}} '': it may well open; isHeic: where
 *   the browser cannot show it the server can
 */
export function sightOf(bytes) {
  const isJpeg = word(bytes, 0) === 0xffd8;
  const { whole, pixels } = isJpeg ? jpeg(bytes) : { whole: true, pixels: png(bytes) };
  return { isJpeg, isHeic: /^....ftyp(he|m[is]f)/s.test(String.fromCharCode(...bytes.slice(0, 12))), fault: !bytes.length ? 'empty' : !whole ? 'truncated' : pixels > MOST_PIXELS ? 'too_many_pixels' : '' };
}

/** Segment by segment to the scan, whose end can stand nowhere but at the end: within it FF D9 is written FF 00 D9. @param {Uint8Array} bytes */
function jpeg(bytes) {
  let pixels = 0;
  for (let at = 2; at < bytes.length;) {
    if (bytes[at] !== 0xff) return { whole: true, pixels }; // no JPEG after all: the decoder will say so
    const marker = bytes[at + 1];
    if (marker === SCAN) return { whole: ends(bytes, at), pixels };
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) pixels = word(bytes, at + 5) * word(bytes, at + 7);
    at += marker === 0xff ? 1 : 2 + Math.max(2, word(bytes, at + 2));
  }
  return { whole: false, pixels };
}

/** @param {Uint8Array} bytes @param {number} from */
function ends(bytes, from) {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) if (bytes[at + 1] === 0xd9) return true;
  return false;
}

/** Says its size at the start; a cut one does not decode anywhere. @param {Uint8Array} bytes */
function png(bytes) {
  return word(bytes, 0) === 0x8950 ? (word(bytes, 16) * 65536 + word(bytes, 18)) * (word(bytes, 20) * 65536 + word(bytes, 22)) : 0;
}

/** @param {Uint8Array} bytes @param {number} at */
function word(bytes, at) {
  return (bytes[at] << 8) + bytes[at + 1] || 0;
}
