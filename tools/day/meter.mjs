import { Agent, createServer, request as httpRequest } from 'node:http';

/** @typedef {{requests: number, uploads: number, up: number, down: number, seconds: number}} Measured up, down: bytes on the line with all headers */

/** A line that changes nothing and counts: requests, and every byte of its connections in both directions. */
export class Meter {
  /** as the phones of `tests/js/proof` expect of a line */
  pages = new Map();
  url = '';
  #target;
  #agent = new Agent({ keepAlive: true });
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #gone = { up: 0, down: 0 };
  #requests = 0;
  #uploads = 0;
  #server;

  /** @param {string} target address of a server @param {boolean} [tells] writes each request to the error output */
  constructor(target, tells = false) {
    this.#target = new URL(target);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
      this.#requests += 1;
      this.#uploads += Number(req.url?.startsWith('/api/uploads'));
      if (tells) console.error(`${req.method} ${req.url?.slice(0, 80)} ${req.headers['content-length'] ?? ''}`);
      this.#carry(req, res);
    });
    this.#server.on('connection', (socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#gone.up += socket.bytesRead;
        this.#gone.down += socket.bytesWritten;
      });
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

  count() {}

  /** What goes over the line until `work` is done. @param {() => Promise<unknown>} work @returns {Promise<Measured>} */
  async measure(work) {
    const before = this.#sum();
    const began = performance.now();
    await work();
    const seconds = (performance.now() - began) / 1000;
    const after = this.#sum();
    return {
      requests: after.requests - before.requests, uploads: after.uploads - before.uploads,
      up: after.up - before.up, down: after.down - before.down, seconds,
    };
  }

  #sum() {
    let { up, down } = this.#gone;
    for (const socket of this.#sockets) {
      up += socket.bytesRead;
      down += socket.bytesWritten;
    }
    return { requests: this.#requests, uploads: this.#uploads, up, down };
  }

  /** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res */
  #carry(req, res) {
    const { hostname: host, port } = this.#target;
    const headers = { ...req.headers, host: this.#target.host };
    const began = performance.now();
    const to = httpRequest({ host, port, method: req.method, path: req.url, headers, agent: this.#agent }, (from) => {
      if (process.env.TELL === '1') console.error(`  ${from.statusCode} ${Math.round(performance.now() - began)} ms`);
      res.writeHead(from.statusCode ?? 502, from.rawHeaders);
      from.pipe(res);
    });
    to.on('error', () => req.socket.destroy());
    res.on('close', () => to.destroy());
    req.pipe(to);
  }
}
