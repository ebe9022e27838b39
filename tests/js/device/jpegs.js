/** JPEGs made by hand: only their frame, which is what our readers look at. */

/** @param {number} marker @param {number[]} content */
export function segment(marker, content) {
  const length = content.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...content];
}

/** @param {{segments?: number[], width?: number, height?: number, scan?: number[], end?: number[]}} [parts] */
export function aJpeg({ segments = [], width = 40, height = 30, scan = [1, 2, 0xff, 0, 3, 0xff, 0xd0, 4], end = [0xff, 0xd9] } = {}) {
  const frame = segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  return Uint8Array.from([0xff, 0xd8, ...segments, ...frame, ...segment(0xda, [1, 1, 0, 0, 63, 0]), ...scan, ...end]);
}

/**
 * The segment with the tags of a camera.
 * @param {{little?: boolean, time?: string, offset?: string, lat?: number[][], latRef?: string, lng?: number[][], lngRef?: string}} given
 */
export function exif({ little = true, time = '', offset = '', lat, latRef = 'N', lng, lngRef = 'E' }) {
  const view = new DataView(new ArrayBuffer(400));
  let free = 200;
  const text = (/** @type {number} */ at, /** @type {string} */ words) => [...words].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  const put = (/** @type {number} */ directory, /** @type {any[][]} */ tags) => {
    view.setUint16(directory, tags.length, little);
    tags.forEach(([tag, value], n) => {
      const at = directory + 2 + n * 12;
      view.setUint16(at, tag, little);
      if (typeof value === 'number') view.setUint32(at + 8, value, little);
      else if (typeof value === 'string' && value.length < 4) text(at + 8, value);
      else {
        view.setUint32(at + 8, free, little);
        if (typeof value === 'string') text(free, value);
        else value.flat().forEach((/** @type {number} */ part, /** @type {number} */ at2) => view.setUint32(free + at2 * 4, part, little));
        free += 24;
      }
    });
  };
  text(0, little ? 'II' : 'MM');
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  put(8, [[0x010f, 'X'], [0x8769, 50], [0x8825, 100]]);
  put(50, [[0x9003, time], [0x9011, offset]].filter(([, value]) => value));
  put(100, [[1, latRef], [2, lat], [3, lngRef], [4, lng]].filter(([, value]) => value));
  return segment(0xe1, [...new TextEncoder().encode('Exif\0\0'), ...new Uint8Array(view.buffer)]);
}
