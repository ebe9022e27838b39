/**
 * The phone is turned to the customer: whatever is opened, Back, a reload or the app switcher, the sheet stays until the
 * technician's PIN takes it back. Stands in localStorage, because every tab must know it before its first picture, and as the
 * store's setting 'turned', which is written first and is right where they differ: a killed browser loses what it did to
 * localStorage in the last seconds. What the customer typed and drew is a draft in the store.
 * @typedef {{job: string, kind: 'sign_off' | 'agreement'}} Turned
 */

const TURNED = 'turned.to_customer';

/** @returns {Turned | null} null: it is the technician's */
export function turned() {
  try {
    return JSON.parse(localStorage.getItem(TURNED) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {Turned} to */
export function turn(to) {
  localStorage.setItem(TURNED, JSON.stringify(to));
}

export function turnBack() {
  localStorage.removeItem(TURNED);
}
