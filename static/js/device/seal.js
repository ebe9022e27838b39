/**
 * Seals a file so that only the office's server can open it (docs/sync-protocol.md, "Rescue"): P-256 with a key made for
 * this file alone, HKDF-SHA-256, AES-256-GCM in frames of 64 kB. Never more than one frame is held beside the file.
 */

const FRAME = 65_536;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const utf8 = new TextEncoder();

/**
 * @param {Blob} file
 * @param {{id: string, key: string}} to public key as base64 of its SubjectPublicKeyInfo
 * @param {{ephemeral: CryptoKeyPair, salt: Uint8Array}} [chance] for tests; else made anew
 * @returns {Promise<Blob>}
 */
export async function seal(file, to, chance) {
  const ephemeral = chance?.ephemeral ?? /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ['deriveBits']));
  const salt = chance?.salt ?? crypto.getRandomValues(new Uint8Array(16));
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', ephemeral.publicKey));
  const header = utf8.encode(`${JSON.stringify({ format: 'fieldservice-unsent', format_version: 3, key_id: to.id, ephemeral: base64(point), salt: base64(salt) })}\n`);
  const key = await sharedKey(ephemeral.privateKey, to.key, salt);
  /** @type {BlobPart[]} */
  const parts = [header];
  for (let number = 0, at = 0; at < file.size || number === 0; number += 1, at += FRAME) {
    const piece = await file.slice(at, at + FRAME).arrayBuffer();
    const iv = nonce(number, at + FRAME >= file.size);
    const frame = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: header }, key, piece);
    parts.push(new Blob([uint32(frame.byteLength), frame]));
  }
  return new Blob(parts, { type: 'application/octet-stream' });
}

/** @param {CryptoKey} own @param {string} spki @param {Uint8Array} salt */
async function sharedKey(own, spki, salt) {
  const theirs = await crypto.subtle.importKey('spki', Uint8Array.from(atob(spki), (letter) => letter.charCodeAt(0)), CURVE, false, []);
  const bits = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own, 256);
  const shared = await crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(salt), info: utf8.encode('fieldservice-unsent 3') };
  return crypto.subtle.deriveKey(how, shared, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
}

/** @param {number} number @param {boolean} isLast */
function nonce(number, isLast) {
  const iv = new Uint8Array(12);
  iv.set(uint32(number), 7);
  iv[11] = Number(isLast);
  return iv;
}

/** Big-endian. @param {number} value */
function uint32(value) {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
