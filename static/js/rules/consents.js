/**
 * What the customer agrees to by signing, word for word and for ever: a changed text is a new version. The server knows
 * the same texts (`fieldservice/signoff/consents.json`; a test compares).
 * @type {Readonly<Record<string, Record<string, {zh: string, en: string}>>>}
 */
export const CONSENTS = Object.freeze({
  1: {
    sign_off: {
      zh: '我看过了这一页写的工作、照片和费用，都和实际一样。我同意在这部手机上手写签名，双方都认可这个签名有效。',
      en: 'I have seen the work, the photos and the amount on this page, and they are as it says. I agree to sign by hand on this phone; both sides accept this signature as valid.',
    },
    agreement: {
      zh: '我同意做这一页列出的项目，按这里写的金额付费。没有再问过我、没有我的同意，不会多收。我同意在这部手机上手写签名，双方都认可这个签名有效。',
      en: 'I agree to the work listed on this page and to the amounts written here. Nothing more will be charged without asking me again. I agree to sign by hand on this phone; both sides accept this signature as valid.',
    },
    neighbour: {
      zh: '客户不在。我在场，看到了师傅上门和这一页写的工作。我只做见证，不替客户同意费用，也不承担费用。我同意在这部手机上手写签名，双方都认可这个签名是我的见证。',
      en: 'The customer is not here. I was present and saw the visit and the work on this page. I am only a witness: I do not agree to charges for the customer, and I do not pay for them. I agree to sign by hand on this phone; both sides accept this signature as my witness.',
    },
    paper: {
      zh: '这次请签在纸上。要停水、停暖或停气的工作，按规定只能签在纸上。签好的纸会拍照，存进这张派工单。',
      en: 'Please sign this on paper. Work that stops water, heat or gas may by law be signed on paper only. The signed paper is photographed and kept with this job.',
    },
  },
});

/** The version shown now. */
export const CONSENT = '1';

/**
 * The text the sheet carries.
 * @param {string} kind 'sign_off' or 'agreement'
 * @param {string} outcome 'neighbour' and 'paper' have a text of their own
 * @param {'zh' | 'en'} language
 */
export function statement(kind, outcome, language) {
  const texts = CONSENTS[CONSENT];
  return (texts[outcome] ?? texts[kind])[language];
}
