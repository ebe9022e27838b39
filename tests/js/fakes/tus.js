import { createHash } from 'node:crypto';

/** @typedef {{id: string, key: string, sha256: string, length: number, bytes: Uint8Array, isDone: boolean}} Upload */
/** @typedef {{status: number, body?: any, location?: string, offset?: number | null}} Answer */

/** The uploads of a server in memory (docs/sync-protocol.md, Uploads). */
export class FakeTus {
  /** @type {Map<string, Upload>} */
  uploads = new Map();
  /** verified bytes by hash @type {Map<string, Uint8Array>} */
  blobs = new Map();
  /** method of every request, bytes that came with it, and where to @type {[string, number, string][]} */
  seen = [];
  /** only so many bytes of the next body come through @type {number | null} */
  cutAt = null;
  /** the next bytes that come are spoilt on the way */
  spoil = false;
  /** bytes a photo may have */
  most = 30_000_000;
  takesBundles = true;
  serial = 0;

  /**
   * @param {string} method
   * @param {string} path
   * @param {Uint8Array | undefined} body
   * @param {Record<string, string>} headers
   * @param {(about: Record<string, string>) => [number, string] | null} mayCreate why not, or null
   * @returns {Answer}
   */
  answer(method, path, body, headers, mayCreate) {
    this.seen.push([method, body?.length ?? 0, path]);
    if (headers['Tus-Resumable'] !== '1.0.0') return refusal(412, 'tus_version');
    if (path === '/api/uploads/bundle') return this.takesBundles ? this.#bundle(body ?? new Uint8Array(), Number(headers['Bundle-Head']), mayCreate) : refusal(405, 'not_found');
    if (method === 'POST') return this.#create(body, headers, mayCreate);
    const upload = this.uploads.get(path.replace('/api/uploads/', ''));
    if (!upload) return refusal(404, 'not_found');
    if (method === 'HEAD') return { status: 200, offset: upload.bytes.length };
    if (Number(headers['Upload-Offset']) !== upload.bytes.length) return refusal(409, 'offset_differs');
    return this.#take(upload, body ?? new Uint8Array(), 204, headers['Upload-Checksum']);
  }

  /** Several photos in one body, or the question how far they are. @param {Uint8Array} body @param {number} size @param {(about: any) => [number, string] | null} mayCreate @returns {Answer} */
  #bundle(body, size, mayCreate) {
    const { device, parts } = JSON.parse(new TextDecoder().decode(body.slice(0, size)));
    let came = body.slice(size);
    const isCut = (this.cutAt ?? Infinity) < came.length;
    came = this.#came(came);
    /** @type {any[]} */
    const told = [];
    for (const { evidence, sha256, length, here } of parts) {
      const bytes = came.slice(0, here);
      came = came.slice(here);
      const fault = mayCreate({ device, evidence, sha256 });
      if (fault && fault[0] !== 409) return refusal(...fault);
      const about = { evidence, sha256, offset: 0, code: fault?.[1] ?? '' };
      if (!fault) {
        const upload = this.#found(`${device} ${evidence} ${sha256}`, sha256, length);
        const answer = upload.isDone || (here && upload.bytes.length) ? null : this.#add(upload, bytes);
        Object.assign(about, { offset: upload.bytes.length, code: answer?.body?.error.code ?? '' });
      }
      told.push(about);
      if (bytes.length < here) break;
    }
    return { status: isCut ? 0 : 200, body: { parts: told } };
  }

  /** Forgets what is not finished, as after its time. */
  expire() {
    for (const [id, upload] of this.uploads) if (!upload.isDone) this.uploads.delete(id);
  }

  /** @param {Uint8Array | undefined} body @param {Record<string, string>} headers @param {(about: any) => [number, string] | null} mayCreate @returns {Answer} */
  #create(body, headers, mayCreate) {
    const about = Object.fromEntries(headers['Upload-Metadata'].split(',').map((pair) => pair.split(' ')).map(([name, value]) => [name, atob(value)]));
    const length = Number(headers['Upload-Length']);
    if (length > this.most) return refusal(413, 'too_large');
    const fault = mayCreate(about);
    if (fault) return refusal(...fault);
    const key = `${about.device} ${about.evidence} ${about.sha256}`;
    const known = [...this.uploads.values()].find((upload) => upload.key === key);
    if (known && (known.isDone || known.bytes.length || !body?.length)) return { status: 201, location: `/api/uploads/${known.id}`, offset: known.bytes.length };
    const upload = this.#found(key, about.sha256, length);
    return { ...this.#take(upload, body ?? new Uint8Array(), 201), location: `https://phone.example/api/uploads/${upload.id}` };
  }

  /** The upload of these bytes, begun now or before. @param {string} key @param {string} sha256 @param {number} length */
  #found(key, sha256, length) {
    const known = [...this.uploads.values()].find((upload) => upload.key === key);
    const upload = known ?? { id: `u${(this.serial += 1)}`, key, sha256, length, bytes: new Uint8Array(), isDone: false };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  /** @param {Upload} upload @param {Uint8Array} body @param {number} status @param {string} [checksum] @returns {Answer} */
  #take(upload, body, status, checksum) {
    const came = this.#came(body);
    if (checksum && came.length < body.length) return refusal(0, '');
    if (checksum && checksum !== `sha256 ${createHash('sha256').update(came).digest('base64')}`) return refusal(460, 'checksum_differs');
    const refused = this.#add(upload, came);
    return refused ?? { status: came.length < body.length ? 0 : status, offset: upload.bytes.length };
  }

  /** @param {Upload} upload @param {Uint8Array} came @returns {Answer | null} why not */
  #add(upload, came) {
    upload.bytes = Buffer.concat([upload.bytes, came]);
    if (upload.bytes.length === upload.length) {
      if (createHash('sha256').update(upload.bytes).digest('hex') !== upload.sha256) {
        upload.bytes = new Uint8Array();
        return refusal(460, 'hash_differs');
      }
      upload.isDone = true;
      this.blobs.set(upload.sha256, upload.bytes);
    }
    return null;
  }

  /** @param {Uint8Array} body */
  #came(body) {
    let came = body.slice(0, this.cutAt ?? undefined);
    if (this.spoil && came.length) came = Uint8Array.from(came, (byte, index) => (index ? byte : byte ^ 1));
    if (body.length) this.cutAt = null;
    if (body.length) this.spoil = false;
    return came;
  }
}

/** @param {number} status @param {string} code @returns {Answer} */
function refusal(status, code) {
  return { status, body: { error: { code } } };
}
