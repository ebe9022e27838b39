import { Agent, createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';

/**
 * The line between phones and server: an HTTP proxy that does to each request what its header `x-proof-fault` says.
 *
 * @typedef {{kind: string, status?: number, code?: string, echo?: boolean, share?: number}} Fault
 * @typedef {{status: number, headers: Record<string, any>, body: Buffer}} Answer
 * @typedef {object} Holder a page whose requests can be held
 * @property {() => void} hold
 * @property {() => void} release
 */

const HTML = Buffer.from('<!doctype html><title>Welcome</title><p>Please sign in to this network.');
const CODES = /** @type {Record<number, string>} */ ({
  400: 'bad_request', 401: 'signed_out', 403: 'not_allowed', 404: 'not_found', 409: 'changed_meanwhile', 413: 'too_large', 426: 'update_needed', 429: 'too_many_tries', 503: 'server_busy', 507: 'server_full',
});

export class Line {
  #target;
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #server;
  /** @type {{page: string, go: () => void}[]} what is held until somebody delivers it */
  held = [];
  /** @type {Map<string, Holder>} */
  pages = new Map();
  /** @type {Map<string, number>} faults by kind */
  faults = new Map();
  /** @type {(page: string, request: any, answer: any) => void} called with every answer of ours to a sync, told or not */
  onAnswer = () => {};
  requests = 0;
  /** the last true answer of each page, for a cache that repeats it @type {Map<string, Answer>} */
  #before = new Map();
  url = '';

  /** @param {string} target */
  constructor(target) {
    this.#target = new URL(target);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
      this.#carry(req, res).catch(() => req.socket.destroy());
    });
  }

  async open() {
    await new Promise((resolve) => { this.#server.listen(0, '127.0.0.1', () => resolve(null)); });
    this.url = `http://127.0.0.1:${/** @type {any} */ (this.#server.address()).port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  /** Lets one held request or answer go on. @param {number} n */
  deliver(n) {
    const [one] = this.held.length ? this.held.splice(n % this.held.length, 1) : [];
    one?.go();
    return Boolean(one);
  }

  /** @param {string} kind */
  count(kind) {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  /** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res */
  async #carry(req, res) {
    this.requests += 1;
    const { 'x-proof-fault': told, 'x-proof-page': page = '', 'accept-encoding': _, connection: __, ...headers } = /** @type {Record<string, any>} */ (req.headers);
    /** @type {Fault} */
    const fault = told ? JSON.parse(told) : { kind: 'none' };
    // Of a photo our own word "too large" is for ever, and the person is asked: the app keeps the bytes and does not try again.
    if (fault.status === 413 && req.url?.startsWith('/api/uploads') && !isBundle(req.url)) fault.echo = false;
    const body = await bodyOf(req);
    const asked = { method: req.method ?? 'GET', path: req.url ?? '/', headers: { ...headers, host: this.#target.host }, body, page };
    if (fault.kind !== 'none') this.count(nameOf(fault, asked.path));
    await this.#play(fault, asked, req, res);
  }

  /** @param {Fault} fault @param {any} asked @param {any} req @param {import('node:http').ServerResponse} res */
  async #play(fault, asked, req, res) {
    const nonce = asked.headers['x-fieldservice-nonce'] ?? '';
    switch (fault.kind) {
      case 'lost request': return void reset(req);
      case 'lost answer':
        await this.#forward(asked);
        return void reset(req);
      case 'late request': // the phone gives up, the request arrives much later
        this.held.push({ page: asked.page, go: () => void this.#forward(asked).catch(() => {}) });
        return void reset(req);
      case 'late answer': {
        const answer = await this.#forward(asked);
        await this.#hold(asked.page);
        return give(res, answer);
      }
      case 'twice': {
        const both = await Promise.all([this.#forward(asked), this.#forward(asked)]);
        return give(res, both[Math.round(fault.share ?? 0)]);
      }
      case 'again later': {
        const answer = await this.#forward(asked);
        this.held.push({ page: asked.page, go: () => void this.#forward(asked).catch(() => {}) });
        return give(res, answer);
      }
      case 'cut request reset': case 'cut request close':
        await this.#forwardPart(asked, fault);
        return void reset(req);
      case 'cut answer reset': case 'cut answer close': case 'cut answer unmeasured':
        return cut(req, await this.#forward(asked), fault);
      case 'slow': return drip(res, await this.#forward(asked));
      case 'portal': return give(res, { status: 200, headers: { 'content-type': 'text/html' }, body: HTML });
      case 'portal redirect': return give(res, { status: 302, headers: { location: '/portal' }, body: HTML });
      case 'portal with nonce': return give(res, { status: 200, headers: { 'content-type': 'text/html', 'x-fieldservice': nonce }, body: HTML });
      case 'forged': case 'forged with nonce': return give(res, forged(asked, fault.kind === 'forged' ? '' : nonce));
      case 'old answer': {
        const before = this.#before.get(asked.page);
        if (!before) return void reset(req);
        return give(res, { ...before, headers: { ...before.headers, 'x-fieldservice': nonce } });
      }
      case 'status': return give(res, refusal(fault, nonce));
      default: return give(res, await this.#forward(asked));
    }
  }

  /** @param {string} page */
  async #hold(page) {
    const holder = this.pages.get(page);
    await new Promise((resolve) => {
      this.held.push({ page, go: () => { holder?.release(); resolve(null); } });
      holder?.hold();
    });
  }

  /** @param {any} asked @returns {Promise<Answer>} */
  async #forward({ method, path, headers, body, page }) {
    /** @type {Answer} */
    const answer = await new Promise((resolve, reject) => {
      const to = httpRequest({ host: this.#target.hostname, port: this.#target.port, method, path, headers, agent: this.#agent }, (from) => {
        bodyOf(from).then((text) => resolve({ status: from.statusCode ?? 0, headers: from.headers, body: text }), reject);
      });
      to.on('error', reject);
      to.end(body);
    });
    if (path === '/api/sync' && answer.status === 200) {
      this.#before.set(page, answer);
      this.onAnswer(page, JSON.parse(body.toString()), JSON.parse(answer.body.toString()));
    }
    return answer;
  }

  /** Only the first bytes of the body reach the server. @param {any} asked @param {Fault} fault */
  async #forwardPart({ method, path, headers, body }, fault) {
    const kept = Math.floor(body.length * (fault.share ?? 0.5));
    const socket = connect(Number(this.#target.port), this.#target.hostname);
    socket.on('error', () => {});
    await new Promise((resolve) => { socket.once('connect', () => resolve(null)); });
    const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
    socket.write([`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    await new Promise((resolve) => { socket.write(body.subarray(0, kept), () => resolve(null)); });
    if (fault.kind.endsWith('reset')) {
      socket.resetAndDestroy();
      return;
    }
    // In order: the server sees the end, may answer, and closes.
    const closed = new Promise((resolve) => { socket.once('close', resolve); });
    socket.end();
    socket.resume();
    await closed;
  }
}

/** @param {Fault} fault @param {string} path */
function nameOf({ kind, status, echo }, path) {
  const name = kind === 'status' ? `status ${status}${echo ? '' : ' without nonce'}` : kind;
  if (isBundle(path)) return `${name} (bundle)`;
  return path.startsWith('/api/uploads') ? `${name} (bytes)` : name;
}

/** @param {string} [path] */
function isBundle(path) {
  return path === '/api/uploads/bundle';
}

/** @param {NodeJS.ReadableStream} stream @returns {Promise<Buffer>} */
async function bodyOf(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(/** @type {Buffer} */ (piece));
  return Buffer.concat(pieces);
}

/** @param {import('node:http').IncomingMessage} req */
function reset(req) {
  req.socket.resetAndDestroy();
}

/** @param {import('node:http').ServerResponse} res @param {Answer} answer */
function give(res, { status, headers, body }) {
  if (res.destroyed) return;
  const { 'transfer-encoding': _, connection: __, 'content-length': ___, ...kept } = headers;
  res.writeHead(status, { ...kept, ...(status === 204 ? {} : { 'content-length': headers['content-length'] && !body.length ? headers['content-length'] : body.length }) });
  res.end(body);
}

/** A few bytes at a time. @param {import('node:http').ServerResponse} res @param {Answer} answer */
async function drip(res, { status, headers, body }) {
  if (res.destroyed || status === 204 || !body.length) return give(res, { status, headers, body });
  const { 'transfer-encoding': _, connection: __, ...kept } = headers;
  res.writeHead(status, { ...kept, 'content-length': body.length });
  const size = Math.ceil(body.length / 8);
  for (let at = 0; at < body.length; at += size) {
    res.write(body.subarray(at, at + size));
    await new Promise((resolve) => { setTimeout(resolve, 2); });
  }
  res.end();
}

/** The answer ends early: by reset, in order, or in order and without having said how long it is. @param {any} req @param {Answer} answer @param {Fault} fault */
function cut(req, { status, headers, body }, fault) {
  const { 'transfer-encoding': _, connection: __, 'content-length': ___, ...kept } = headers;
  const told = fault.kind.endsWith('unmeasured') ? {} : { 'content-length': body.length || 10 };
  const lines = Object.entries({ ...kept, ...told, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  const { socket } = req;
  if (socket.destroyed) return;
  socket.write([`HTTP/1.1 ${status === 204 ? 200 : status} OK`, ...lines, '', ''].join('\r\n'));
  const part = body.subarray(0, Math.floor(body.length * (fault.share ?? 0.5)));
  socket.write(part, () => (fault.kind.endsWith('reset') ? socket.resetAndDestroy() : socket.end()));
}

/** An answer as ours would be, by somebody who is not us: everything taken, nothing kept. @param {any} asked @param {string} nonce @returns {Answer} */
function forged({ method, path, headers, body }, nonce) {
  const header = nonce ? { 'x-fieldservice': nonce } : {};
  if (path === '/api/sync') {
    const { epoch, cursor, ops } = JSON.parse(body.toString());
    const acks = ops.map((/** @type {any} */ op) => ({ id: op.id, result: 'applied', version: 1, note: null }));
    // With our header it is a cache that knows an older request: the nonce in the body is another one.
    const text = JSON.stringify({ nonce: nonce ? '0123456789abcdef' : headers['x-fieldservice-nonce'], epoch, server_time: 1, from: cursor, to: cursor, more: false, acks, changes: [], manifest: null, min_proto: 1 });
    return { status: 200, headers: { 'content-type': 'application/json', ...header }, body: Buffer.from(text) };
  }
  if (isBundle(path)) {
    const { parts } = JSON.parse(body.subarray(0, Number(headers['bundle-head'])).toString());
    const told = parts.map((/** @type {any} */ { evidence, sha256, length: offset }) => ({ evidence, sha256, offset, code: '' }));
    return { status: 200, headers: { 'content-type': 'application/json', ...header, ...(nonce ? {} : { 'tus-resumable': '1.0.0' }) }, body: Buffer.from(JSON.stringify({ parts: told })) };
  }
  if (path.startsWith('/api/uploads')) {
    const length = headers['upload-length'] ?? String(Number(headers['upload-offset'] ?? 0) + body.length);
    // With our header it is no tus server: `Tus-Resumable` is missing.
    const tus = nonce ? {} : { 'tus-resumable': '1.0.0' };
    return { status: method === 'POST' ? 201 : 204, headers: { ...header, ...tus, 'upload-offset': length, location: '/api/uploads/forged' }, body: Buffer.alloc(0) };
  }
  return { status: 200, headers: { 'content-type': 'application/json', ...header }, body: Buffer.from('{}') };
}

/** @param {Fault} fault @param {string} nonce @returns {Answer} */
function refusal({ status = 500, code, echo }, nonce) {
  const body = Buffer.from(JSON.stringify({ error: { code: code ?? CODES[status] ?? 'server_error' } }));
  const header = echo ? { 'x-fieldservice': nonce, 'tus-resumable': '1.0.0' } : {};
  return { status, headers: { 'content-type': 'application/json', ...header, ...([429, 503].includes(status) ? { 'retry-after': '1' } : {}) }, body };
}
