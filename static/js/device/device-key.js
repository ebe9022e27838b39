import { hex } from '#app/core/ids.js';

/**
 * The key that signs what customers sign. It never leaves this phone: the browser signs with it and does not show it.
 * @typedef {object} DeviceKey
 * @property {string} id first 32 hex digits of the SHA-256 of the public key
 * @property {string} spki the public key as base64 of its SubjectPublicKeyInfo
 * @property {(bytes: Uint8Array) => Promise<string>} sign raw r‖s as unpadded base64url
 */

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * The person's key on this phone; made once, two tabs get the same one.
 * @param {{db: any}} store `Store` of the person
 * @returns {Promise<DeviceKey>}
 */
export async function deviceKey(store) {
  const kept = (await store.db.read(['meta'], (/** @type {any} */ tx) => tx.objectStore('meta').get('device_key'))) ?? (await keep(store, await made()));
  const sign = async (/** @type {Uint8Array} */ bytes) =>
    base64(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, kept.private_key, /** @type {any} */ (bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  return { id: kept.id, spki: kept.spki, sign };
}

/** @param {ArrayBuffer | Uint8Array | string} bytes @returns {Promise<string>} 64 lower-case hex digits */
export async function sha256Hex(bytes) {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {any} */ (data))));
}

async function made() {
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ['sign']));
  const spki = await crypto.subtle.exportKey('spki', pair.publicKey);
  return { id: (await sha256Hex(spki)).slice(0, 32), spki: base64(spki), private_key: pair.privateKey };
}

/** The first one written stays. @param {{db: any}} store @param {object} fresh */
function keep(store, fresh) {
  return store.db.write(['meta'], async (/** @type {any} */ tx) => {
    const meta = tx.objectStore('meta');
    const first = await meta.get('device_key');
    if (!first) await meta.put(fresh, 'device_key');
    return first ?? fresh;
  });
}

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
