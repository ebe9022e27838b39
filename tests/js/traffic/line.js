import { createInterface } from 'node:readline';

/**
 * What the phone of a recording sees of the world: its requests go out as lines of JSON, answers come in the same way
 * (tests/traffic/recording.py is at the other end).
 */
export class Line {
  #answers;
  /** What is to happen to the next requests: '' arrives, 'lost' the answer is lost, 'cut' half of the body arrives and the answer is lost. @type {string[]} */
  plan = [];
  /** The phone's clock; a second passes with each request. */
  ms = 0;

  constructor() {
    this.#answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  }

  /** @returns {Promise<any>} what the world says first */
  async begin() {
    const world = await this.#next();
    this.ms = world.at_ms;
    return world;
  }

  /** Something the office does. @param {string} act @param {Record<string, any>} [facts] */
  office(act, facts = {}) {
    return this.#ask({ act, ...facts });
  }

  /** In the place of the browser's `fetch`. @param {string} path @param {any} options @returns {Promise<Response>} */
  async fetch(path, { method, headers, body }) {
    this.ms += 1000;
    const bytes = body === undefined ? null : Buffer.from(body);
    const fault = this.plan.shift() ?? '';
    const said = await this.#ask({ method, path, headers, body: bytes?.toString('base64') ?? null, fault });
    if (fault) throw new TypeError('the line broke');
    const content = [204, 205, 304].includes(said.status) ? null : Buffer.from(said.body, 'base64');
    return new Response(content, { status: said.status, headers: said.headers });
  }

  /** @param {Record<string, any>} line */
  async #ask(line) {
    process.stdout.write(`${JSON.stringify({ at_ms: this.ms, ...line })}\n`);
    return this.#next();
  }

  async #next() {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('the world has ended');
    return JSON.parse(value);
  }
}
