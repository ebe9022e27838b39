// Uploads a file by the official client of tus, as the one argument (JSON) says, and prints what it did as JSON.
// Not a test by itself: tests/evidence/test_tus.py starts it against the product as it is served.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as tus from 'tus-js-client';

const { DefaultHttpStack, Upload } = tus;
/** in Node alone, which the types of the package leave out */
const { FileUrlStorage } = /** @type {any} */ (tus);

/**
 * @typedef {object} Wish
 * @property {string} endpoint
 * @property {Record<string, string>} headers
 * @property {Record<string, string>} metadata
 * @property {string} file
 * @property {string} storage file in which the addresses of uploads are remembered
 * @property {Record<string, any>} options of the client
 * @property {number} [pauseAt] bytes after which it is paused, once
 * @property {'here' | 'later' | 'terminate' | 'midway'} [then] what follows the pause; midway: paused with a request on its way
 * @property {'sha1' | 'sha256' | 'wrong'} [sum] of each piece
 */

/** Sends bodies whole, with their length as browsers do, and with the sum of each piece where one is wished for. */
class Stack extends DefaultHttpStack {
  /** @param {string | undefined} sum */
  constructor(sum) {
    super({});
    this.sum = sum;
  }

  /** @param {string} method @param {string} url */
  createRequest(method, url) {
    const request = super.createRequest(method, url);
    const send = request.send.bind(request);
    request.send = async (/** @type {any} */ body) => {
      if (!body) return send(body);
      const bytes = Buffer.concat(await body.toArray());
      request.setHeader('Content-Length', String(bytes.length));
      if (this.sum) request.setHeader('Upload-Checksum', checksum(this.sum, bytes));
      return send(bytes);
    };
    return request;
  }
}

/** @param {string} sum @param {Buffer} bytes */
function checksum(sum, bytes) {
  const algorithm = sum === 'wrong' ? 'sha256' : sum;
  const digest = createHash(algorithm).update(bytes).update(sum === 'wrong' ? 'x' : '').digest('base64');
  return `${algorithm} ${digest}`;
}

const wish = /** @type {Wish} */ (JSON.parse(process.argv[2] ?? '{}'));
/** @type {{calls: any[], end: string, url: string | null, found: number}} */
const told = { calls: [], end: '', url: null, found: 0 };
let paused = wish.pauseAt === undefined;

const upload = new Upload(createReadStream(wish.file), {
  endpoint: wish.endpoint,
  headers: wish.headers,
  metadata: wish.metadata,
  urlStorage: new FileUrlStorage(wish.storage),
  retryDelays: [50, 100, 200],
  ...(wish.options.plain ? {} : { httpStack: new Stack(wish.sum) }),
  ...wish.options,
  onAfterResponse: (request, response) => {
    const said = (/** @type {string} */ name) => response.getHeader(name) ?? null;
    told.calls.push({
      method: request.getMethod(), status: response.getStatus(), from: request.getHeader('Upload-Offset') ?? null, offset: said('Upload-Offset'), version: said('Tus-Resumable'),
    });
  },
  onProgress: (sent) => { if (wish.then === 'midway' && sent >= (wish.pauseAt ?? 0)) void pause(); },
  onChunkComplete: (_size, accepted) => { if (wish.then !== 'midway' && accepted >= (wish.pauseAt ?? 0)) void pause(); },
  onSuccess: () => end('done'),
  onError: (error) => end(`${/** @type {any} */ (error).originalResponse?.getStatus() ?? 'no answer'}`),
});

async function pause() {
  if (paused) return;
  paused = true;
  await upload.abort(wish.then === 'terminate');
  if (wish.then === 'here' || wish.then === 'midway') upload.start();
  else end('paused');
}

/** @param {string} how */
function end(how) {
  console.log(JSON.stringify({ ...told, end: how, url: upload.url }));
}

const earlier = await upload.findPreviousUploads();
told.found = earlier.length;
if (earlier[0]) upload.resumeFromPreviousUpload(earlier[0]);
upload.start();
