/**
 * What a camera wrote into a JPEG about itself. Anybody can write anything there: it is declared, never believed, and
 * whatever does not fit is left out. Every offset comes from the file; the DataView throws where one leads outside it.
 */

const HEAD_BYTES = 256 * 1024; // cameras write it into the first segments
const SCAN = 0xda;
const APP1 = 0xe1;
const EXIF = 0x45786966;

/** Tags (Exif 2.32, 4.6). */
const TO_EXIF = 0x8769;
const TO_GPS = 0x8825;
const TIME = 0x9003;
const OFFSET = 0x9011;
const LAT = 2; // its hemisphere stands one before
const LNG = 4;

/**
 * @param {ArrayBuffer} file
 * @returns {{time: string, lat: number | null, lng: number | null} | null} time: local as written, with its offset where
 * there is one ('2026:11:21 10:42:07+08:00'), '' for none; null: nothing is declared
 */
export function declaredIn(file) {
  const tags = attempt(() => tagsOf(tiffIn(new DataView(file, 0, Math.min(file.byteLength, HEAD_BYTES)))));
  const time = attempt(() => tags?.time()) ?? '';
  const place = attempt(() => tags?.place());
  return time || place ? { time, lat: place?.[0] ?? null, lng: place?.[1] ?? null } : null;
}

/** @template T @param {() => T} read @returns {T | null} null: it leads outside the file, or there is none */
function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The block of tags. @param {DataView} jpeg */
function tiffIn(jpeg) {
  for (let at = 2; jpeg.getUint16(0) === 0xffd8 && jpeg.getUint8(at) === 0xff;) {
    const marker = jpeg.getUint8(at + 1);
    const length = marker === 0xff ? -1 : jpeg.getUint16(at + 2); // FF FF is padding
    if (marker === SCAN) break;
    if (marker === APP1 && jpeg.getUint32(at + 4) === EXIF) return new DataView(jpeg.buffer, at + 10, Math.min(length - 8, jpeg.byteLength - at - 10));
    at += 2 + length;
  }
  throw new RangeError();
}

/** @param {DataView} view */
function tagsOf(view) {
  const little = view.getUint16(0) === 0x4949;
  const short = (/** @type {number} */ at) => view.getUint16(at, little);
  const long = (/** @type {number} */ at) => view.getUint32(at, little);
  const text = (/** @type {number} */ at, /** @type {number} */ length) => Array.from({ length }, (_, n) => String.fromCharCode(view.getUint8(at + n))).join('');
  /** A directory: tells where the value of a tag stands, or for a long one its offset. @param {number} at */
  const directory = (at) => (/** @type {number} */ tag) => {
    for (let entry = at + 2, end = entry + short(at) * 12; entry < end; entry += 12) if (short(entry) === tag) return entry + 8;
    throw new RangeError();
  };
  const below = (/** @type {number} */ tag) => directory(long(directory(long(4))(tag)));
  /** Degrees, minutes and seconds, each a fraction. @param {(tag: number) => number} gps @param {number} tag @param {number} most */
  const degrees = (gps, tag, most) => {
    const at = long(gps(tag));
    const sum = [1, 60, 3600].reduce((all, part, n) => all + long(at + n * 8) / long(at + n * 8 + 4) / part, 0);
    if (!(sum <= most)) throw new RangeError(); // NaN too: 0/0 is "no fix"
    return Math.round(sum * 1e7) / (/[SW]/.test(text(gps(tag - 1), 1)) ? -1e7 : 1e7);
  };
  return {
    time: () => {
      const exif = below(TO_EXIF);
      const [time] = /^\d{4}(:\d\d){2} \d\d(:\d\d){2}/.exec(text(long(exif(TIME)), 19)) ?? [''];
      return time && time + (/^[+-]\d\d:\d\d/.exec(attempt(() => text(long(exif(OFFSET)), 6)) ?? '') ?? [''])[0];
    },
    place: () => [degrees(below(TO_GPS), LAT, 90), degrees(below(TO_GPS), LNG, 180)],
  };
}
