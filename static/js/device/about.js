import { nowMs } from '#app/core/clock.js';
import { thisBrowser } from '#app/device/install.js';
import { estimate, isPersistent } from '#app/device/storage-quota.js';

/** What the office is told of this phone: when it changed, or once a day. @typedef {import('#app/types/wire.js').About} About */

const LOOK_MS = 600_000;
const DAY_MS = 24 * 3600 * 1000;
/** Room on a phone goes up and down all day; this much is worth telling. */
const MUCH_BYTES = 200e6;

let lookedMs = -Infinity;

/**
 * @param {{meta(key: string): Promise<any>, setMeta(key: string, value: any): Promise<unknown>}} store `Store` of the person
 * @returns {Promise<{facts: About, told: () => Promise<unknown>} | null>} null: nothing new; never rejects
 */
export async function aboutPhone(store) {
  if (Math.abs(nowMs() - lookedMs) < LOOK_MS) return null;
  try {
    const [quota, persistent, last] = await Promise.all([estimate(), isPersistent(), store.meta('about')]);
    const facts = { installed: thisBrowser().installed, persistent, used: quota?.used_bytes, free: quota?.free_bytes };
    lookedMs = nowMs();
    if (last && !isNews(last, facts, lookedMs)) return null;
    lookedMs = -Infinity; // until it has been told
    return { facts, told: () => { lookedMs = nowMs(); return store.setMeta('about', { ...facts, at_ms: lookedMs }).catch(() => {}); } };
  } catch {
    return null;
  }
}

/** "Android · Chrome": what the office sees in the list of devices, until the person gives it a name. */
export function deviceName() {
  const agent = navigator.userAgent;
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0] ?? '';
  const browser = /MicroMessenger|HuaweiBrowser|MiuiBrowser|Edg|Firefox|Chrome|Safari/.exec(agent)?.[0] ?? '';
  return [system, browser].filter(Boolean).join(' · ') || 'Phone';
}

/** @param {About & {at_ms: number}} last @param {About} facts @param {number} now */
export function isNews(last, facts, now) {
  const moved = (/** @type {'used' | 'free'} */ name) => Math.abs((last[name] ?? 0) - (facts[name] ?? 0)) > Math.max(MUCH_BYTES, (last[name] ?? 0) / 5);
  return Math.abs(now - last.at_ms) > DAY_MS || last.installed !== facts.installed || last.persistent !== facts.persistent || moved('used') || moved('free');
}
