/** Numbers from a seed: the same seed gives the same ones for ever, whatever the platform. */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0;
    for (let i = 0; i < 4; i += 1) this.next();
  }

  /** 0 ≤ x < 1 (mulberry32) */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** 0 ≤ n < most @param {number} most */
  below(most) {
    return Math.floor(this.next() * most);
  }

  /** @param {number} share */
  chance(share) {
    return this.next() < share;
  }

  /** @template T @param {readonly T[]} from @returns {T} */
  pick(from) {
    return from[this.below(from.length)];
  }

  /** A name by its weight. @param {Record<string, number>} weights */
  weighed(weights) {
    let left = this.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    for (const [name, weight] of Object.entries(weights)) {
      left -= weight;
      if (left < 0) return name;
    }
    return Object.keys(weights)[0];
  }

  /** @param {Uint8Array} bytes */
  fill(bytes) {
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = this.below(256);
    return bytes;
  }
}
