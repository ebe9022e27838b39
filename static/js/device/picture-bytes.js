/**
 * What the bytes of a picture say before anything decodes them: browsers open a photo that was cut short and paint the rest
 * grey, and run out of memory on a small file that unpacks to a huge one.
 */

const MOST_PIXELS = 100e6; // four bytes each: more than a phone can hold
const SCAN = 0xda;
const IEND = 0x49454e44;

/**
 * @param {Uint8Array} bytes
 * @returns {{isJpeg: boolean, fault: '' | 'empty' | 'truncated' | 'too_many_pixels'}} '': it may well open
 */
export function sightOf(bytes) {
  const isJpeg = startsWith(bytes, 0xff, 0xd8);
  if (!bytes.length) return { isJpeg, fault: 'empty' };
  const { whole, pixels } = isJpeg ? jpeg(bytes) : startsWith(bytes, 0x89, 0x50, 0x4e, 0x47) ? png(bytes) : webp(bytes);
  return { isJpeg, fault: !whole ? 'truncated' : pixels > MOST_PIXELS ? 'too_many_pixels' : '' };
}

/** @param {Uint8Array} bytes @param {number[]} start */
function startsWith(bytes, ...start) {
  return start.every((byte, at) => bytes[at] === byte);
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

/** Chunk by chunk to the last. @param {Uint8Array} bytes */
function png(bytes) {
  let at = 8;
  while (at + 12 <= bytes.length && long(bytes, at + 4) !== IEND) at += 12 + long(bytes, at);
  return { whole: at + 12 <= bytes.length, pixels: long(bytes, 16) * long(bytes, 20) };
}

/** Says its length at the start; anything else is left to the decoder. @param {Uint8Array} bytes */
function webp(bytes) {
  const isWebp = startsWith(bytes, 0x52, 0x49, 0x46, 0x46) && bytes.length > 7;
  return { whole: !isWebp || new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) + 8 <= bytes.length, pixels: 0 };
}

/** @param {Uint8Array} bytes @param {number} at */
function word(bytes, at) {
  return (bytes[at] << 8) + bytes[at + 1] || 0;
}

/** @param {Uint8Array} bytes @param {number} at */
function long(bytes, at) {
  return word(bytes, at) * 65536 + word(bytes, at + 2);
}
