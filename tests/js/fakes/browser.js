/**
 * The parts of a page that the pump and the updates listen to.
 * @param {{visible?: boolean, serviceWorker?: any, locks?: any}} [given]
 */
export function aPage({ visible = true, serviceWorker, locks } = {}) {
  const document = Object.assign(new EventTarget(), { visibilityState: visible ? 'visible' : 'hidden', documentElement: { dataset: { build: 'build-1' } } });
  const window = new EventTarget();
  const navigator = { userAgent: 'Mozilla/5.0 (Linux; Android 14) Chrome/126', ...(serviceWorker ? { serviceWorker } : {}), ...(locks ? { locks } : {}) };
  for (const [name, value] of Object.entries({ document, window, navigator })) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return { document, window };
}
