import { AppError } from '#app/core/errors.js';
import { declaredIn } from '#app/device/exif.js';
import { sightOf } from '#app/device/picture-bytes.js';

/**
 * A picture as it is kept: its bytes, their name, and what is known of it.
 * @typedef {object} Picture
 * @property {ArrayBuffer} data
 * @property {string} type
 * @property {string} sha256 64 hex digits
 * @property {number} size bytes
 * @property {number} width pixels, upright; 0 when it does not open
 * @property {number} height
 * @property {boolean} opens here, or only on the server, which then says whether it does
 * @property {'' | 'empty' | 'truncated' | 'too_many_pixels' | 'not_a_picture'} why it does not open
 * @property {ReturnType<typeof declaredIn>} declared
 * @property {ArrayBuffer | null} thumb a small JPEG; null when it does not open here
 * @property {string} name of the file
 */

const MOST_BYTES = 30e6; // what the server takes (docs/sync-protocol.md, Uploads)
const LONG_EDGE = 2048; // pixels: a crack of half a millimetre is still seen across a room
const QUALITY = 0.85;
const THUMB_EDGE = 320;
const THUMB_QUALITY = 0.6; // about 12 kB
const JPEG = 'image/jpeg';

/** One at a time: two large pictures open at once are more than a small phone has room for. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * Makes of a file what is kept and sent. What the camera gave is made smaller first, unless it is small or must stay; what
 * was chosen is kept byte for byte, and so is everything that does not open.
 * @param {File} file
 * @param {{source: 'camera' | 'gallery', keepFull: boolean}} how
 * @returns {Promise<Picture>} rejects with AppError 'photo_too_large' or 'file_unreadable'
 */
export function prepare(file, how) {
  const turn = last.then(() => make(file, how));
  last = turn.catch(() => {});
  return turn;
}

/** @param {File} file @param {{source: 'camera' | 'gallery', keepFull: boolean}} how @returns {Promise<Picture>} */
async function make(file, { source, keepFull }) {
  if (file.size > MOST_BYTES) throw new AppError('photo_too_large');
  const original = await file.arrayBuffer().catch(() => { throw new AppError('file_unreadable'); });
  const sight = sightOf(new Uint8Array(original));
  const bitmap = sight.fault ? null : await createImageBitmap(new Blob([original])).catch(() => null);
  try {
    const shrinks = bitmap && source === 'camera' && !keepFull && !(sight.isJpeg && longEdge(bitmap) <= LONG_EDGE);
    const data = shrinks ? await drawn(bitmap, LONG_EDGE, QUALITY) : original;
    return {
      data, type: shrinks ? JPEG : file.type, size: data.byteLength, sha256: await sha256(data),
      ...sizeOf(bitmap, shrinks ? LONG_EDGE : Infinity),
      opens: bitmap !== null || sight.isHeic, why: sight.fault || (bitmap || sight.isHeic ? '' : 'not_a_picture'),
      declared: declaredIn(original), thumb: bitmap && await drawn(bitmap, THUMB_EDGE, THUMB_QUALITY), name: file.name,
    };
  } finally {
    bitmap?.close();
  }
}

/** @param {ImageBitmap} bitmap */
function longEdge({ width, height }) {
  return Math.max(width, height);
}

/** @param {ImageBitmap | null} bitmap @param {number} edge */
function sizeOf(bitmap, edge) {
  if (!bitmap) return { width: 0, height: 0 };
  const scale = Math.min(1, edge / longEdge(bitmap));
  return { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) };
}

/** The picture as a JPEG, no longer than the edge. @param {ImageBitmap} bitmap @param {number} edge @param {number} quality */
async function drawn(bitmap, edge, quality) {
  const size = sizeOf(bitmap, edge);
  const canvas = Object.assign(document.createElement('canvas'), size);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  pen.fillStyle = '#fff'; // what is transparent in a PNG
  pen.fillRect(0, 0, size.width, size.height);
  pen.imageSmoothingQuality = 'medium';
  pen.drawImage(bitmap, 0, 0, size.width, size.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, JPEG, quality));
  canvas.width = 0; // gives its memory back at once
  if (!blob) throw new AppError('file_unreadable');
  return /** @type {Promise<ArrayBuffer>} */ (blob.arrayBuffer());
}

/** @param {ArrayBuffer} data */
async function sha256(data) {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
