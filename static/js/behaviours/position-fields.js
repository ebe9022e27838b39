import { convert } from '#app/core/coords.js';

/** @typedef {{lat: number, lng: number}} Point */

/** The typed side of a position: two numbers in a datum of the person's choice. Speaks WGS-84 to the rest. */
export class PositionFields {
  /** Told when a person typed another position; null: none, or not a number yet. @type {(point: Point | null) => void} */
  onChange = () => {};
  #lat;
  #lng;
  #datum;
  #pasted;
  #source;
  #shownIn;

  /** @param {HTMLElement} root holds inputs marked with data-part */
  constructor(root) {
    /** @param {string} name */
    const part = (name) => /** @type {HTMLInputElement} */ (root.querySelector(`[data-part="${name}"]`));
    this.#lat = part('lat');
    this.#lng = part('lng');
    this.#datum = part('datum');
    this.#pasted = part('pasted');
    this.#source = part('source');
    this.#shownIn = this.#datum.value;
    for (const input of [this.#lat, this.#lng]) {
      input.addEventListener('input', () => {
        this.#pasted.value = ''; // it would win over what is typed here
        this.#typed();
      });
    }
    this.#datum.addEventListener('change', () => this.#turn());
    this.#pasted.addEventListener('input', () => this.#paste());
    this.#paste(); // typed before this started, or kept by the server for correction
  }

  /** The position in WGS-84; null where the fields hold none. @returns {Point | null} */
  read() {
    const lat = number(this.#lat.value);
    const lng = number(this.#lng.value);
    if (lat === null || lng === null || Math.abs(lat) > 90 || Math.abs(lng) > 180) return null;
    return convert({ lat, lng }, /** @type {any} */ (this.#datum.value), 'WGS-84');
  }

  /** Writes a WGS-84 position into the fields. @param {Point} point @param {'pin' | 'typed'} source */
  show(point, source) {
    const there = convert(point, 'WGS-84', /** @type {any} */ (this.#datum.value));
    this.#lat.value = there.lat.toFixed(6);
    this.#lng.value = there.lng.toFixed(6);
    this.#source.value = source;
    this.#pasted.value = '';
    this.#lat.dispatchEvent(new Event('change', { bubbles: true }));
  }

  #typed() {
    this.#source.value = 'typed';
    this.onChange(this.read());
  }

  /** Another datum says the same place in other numbers. */
  #turn() {
    const lat = number(this.#lat.value);
    const lng = number(this.#lng.value);
    if (lat !== null && lng !== null && Math.abs(lat) <= 90 && Math.abs(lng) <= 180) {
      const there = convert({ lat, lng }, /** @type {any} */ (this.#shownIn), /** @type {any} */ (this.#datum.value));
      this.#lat.value = there.lat.toFixed(6);
      this.#lng.value = there.lng.toFixed(6);
    }
    this.#shownIn = this.#datum.value;
  }

  /** "116.47,39.99" goes into the two fields at once; which is which, the server decides again when it is saved. */
  #paste() {
    const parts = this.#pasted.value.trim().split(/[\s,;，；、|]+/).map(number);
    if (parts.length !== 2 || parts[0] === null || parts[1] === null) return;
    const [first, second] = /** @type {[number, number]} */ (parts);
    const isLngFirst = Math.abs(first) > Math.abs(second);
    this.#lng.value = String(isLngFirst ? first : second);
    this.#lat.value = String(isLngFirst ? second : first);
    this.#typed();
  }
}

/** @param {string} text @returns {number | null} */
function number(text) {
  const trimmed = text.trim();
  return /^[+-]?\d{1,3}(\.\d+)?$/.test(trimmed) ? Number(trimmed) : null;
}
