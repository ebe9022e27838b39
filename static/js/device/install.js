/**
 * What stands between this browser and an installed app.
 * @typedef {object} InstallFacts
 * @property {boolean} installed runs from the home screen already
 * @property {'wechat' | 'other' | null} inApp inside another app's browser: nothing stays there, it must be opened outside
 * @property {boolean} ios the home screen has a store of its own: install first, then sign in
 */

/** In-app browsers by what they call themselves. */
const IN_APP = /MicroMessenger|wxwork|DingTalk|AlipayClient|QQ\/|Weibo|Lark|Feishu|FBAN|FBAV|Line\//i;

/**
 * @param {{userAgent: string, maxTouchPoints: number, standalone: boolean}} browser
 * @returns {InstallFacts}
 */
export function installFacts({ userAgent, maxTouchPoints, standalone }) {
  const inApp = IN_APP.exec(userAgent)?.[0] ?? null;
  return {
    installed: standalone,
    inApp: inApp === null ? null : inApp === 'MicroMessenger' ? 'wechat' : 'other',
    // An iPad says it is a Mac; a Mac has no touch screen.
    ios: /iPhone|iPod|iPad/.test(userAgent) || (userAgent.includes('Macintosh') && maxTouchPoints > 1),
  };
}

/** @returns {InstallFacts} */
export function thisBrowser() {
  const standalone = matchMedia('(display-mode: standalone)').matches || Boolean(/** @type {any} */ (navigator).standalone);
  return installFacts({ userAgent: navigator.userAgent, maxTouchPoints: navigator.maxTouchPoints, standalone });
}

/** Chromium's own offer to install, kept until a person asks for it. @type {any} */
let offer = null;

/** Listens from the start: the browser makes its offer once, early. */
export function keepInstallOffer() {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = event;
  });
}

export function canOfferInstall() {
  return offer !== null;
}

/** Shows the browser's own dialog; true: installed. @returns {Promise<boolean>} */
export async function offerInstall() {
  const made = offer;
  offer = null;
  await made?.prompt();
  return (await made?.userChoice)?.outcome === 'accepted';
}
