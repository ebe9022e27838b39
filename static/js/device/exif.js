/**
 * What a camera wrote into a JPEG about itself. Anybody can write anything there: it is declared, never believed, and
 * whatever does not fit is left out. Every offset comes from the file; the DataView throws where one leads outside it.
 */

const HEAD_BYTES = 256 * 1024; // cameras write it into the first segments
const APP1 = 0xe1;
const SCAN = 0xda;
const EXIF = 0x45786966;
const FAR = 4; // a longer value stands elsewhere
const [TO_EXIF, TO_GPS, TIME, OFFSET, LAT_REF, LAT, LNG_REF, LNG] = [0x8769, 0x8825, 0x9003, 0x9011, 1, 2, 3, 4];

/**
 * @param {ArrayBuffer} file
 * @returns {{time: string, lat: number | null, lng: number | null} | null} time: local as written, with its offset where
 * there is one ('2026:11:21 10:42:07+08:00'), '' for none; null: nothing is declared
 */
export function declaredIn(file) {
  const tiff = attempt(() => tiffIn(new DataView(file, 0, Math.min(file.byteLength, HEAD_BYTES))));
  if (!tiff) return null;
  const time = attempt(() => timeIn(tiff)) ?? '';
  const place = attempt(() => placeIn(tiff));
  return time || place ? { time, lat: place?.lat ?? null, lng: place?.lng ?? null } : null;
}

/** @template T @param {() => T} read @returns {T | null} null: it leads outside the file */
function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The block of tags. @param {DataView} jpeg */
function tiffIn(jpeg) {
  if (jpeg.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; jpeg.getUint8(at) === 0xff;) {
    const marker = jpeg.getUint8(at + 1);
    const length = marker === 0xff ? 0 : jpeg.getUint16(at + 2); // FF FF is padding
    if (marker === SCAN || (length < 2 && marker !== 0xff)) return null;
    if (marker === APP1 && jpeg.getUint32(at + 4) === EXIF) return tags(new DataView(jpeg.buffer, at + 10, Math.min(length - 8, jpeg.byteLength - at - 10)));
    at += length ? length + 2 : 1;
  }
  return null;
}

/**
 * @typedef {object} Tags
 * @property {DataView} view
 * @property {boolean} little
 * @property {number} main offset of the first directory
 */

/** @param {DataView} view @returns {Tags} */
function tags(view) {
  const little = view.getUint16(0) === 0x4949;
  return { view, little, main: view.getUint32(4, little) };
}

/**
 * Where the value of a tag stands; throws when the directory has none.
 * @param {Tags} tiff
 * @param {number} directory
 * @param {number} tag
 * @param {number} size bytes of the value, at most 4: it stands in the directory itself
 */
function placeOf({ view, little }, directory, tag, size) {
  const count = view.getUint16(directory, little);
  for (let at = directory + 2, end = at + count * 12; at < end; at += 12) {
    if (view.getUint16(at, little) === tag) return size > FAR ? view.getUint32(at + 8, little) : at + 8;
  }
  throw new RangeError();
}

/** @param {Tags} tiff @param {number} tag of the first directory */
function below(tiff, tag) {
  return tiff.view.getUint32(placeOf(tiff, tiff.main, tag, FAR), tiff.little);
}

/** @param {Tags} tiff @param {number} at @param {number} length */
function text({ view }, at, length) {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, Math.max(0, view.byteLength - at))));
}

/** @param {Tags} tiff */
function timeIn(tiff) {
  const directory = below(tiff, TO_EXIF);
  const [time] = /^\d{4}(:\d\d){2} \d\d(:\d\d){2}/.exec(text(tiff, placeOf(tiff, directory, TIME, 20), 19)) ?? [''];
  const [offset] = /^[+-]\d\d:\d\d/.exec(attempt(() => text(tiff, placeOf(tiff, directory, OFFSET, 7), 6)) ?? '') ?? [''];
  return time && time + offset;
}

/** Degrees in WGS-84. @param {Tags} tiff */
function placeIn(tiff) {
  const directory = below(tiff, TO_GPS);
  const lat = degrees(tiff, directory, LAT, LAT_REF, 'S');
  const lng = degrees(tiff, directory, LNG, LNG_REF, 'W');
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng } : null; // false for NaN too: 0/0 is "no fix"
}

/** Degrees, minutes and seconds, each a fraction. @param {Tags} tiff @param {number} directory @param {number} tag @param {number} ref @param {string} negative */
function degrees(tiff, directory, tag, ref, negative) {
  const { view, little } = tiff;
  const at = placeOf(tiff, directory, tag, 24);
  const part = (/** @type {number} */ n) => view.getUint32(at + n * 8, little) / view.getUint32(at + n * 8 + 4, little);
  const sum = part(0) + part(1) / 60 + part(2) / 3600;
  return Math.round((text(tiff, placeOf(tiff, directory, ref, 2), 1) === negative ? -sum : sum) * 1e7) / 1e7;
}
