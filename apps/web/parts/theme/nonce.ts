import { setNonce } from 'get-nonce';

/** The nonce under which this page may add styles. Browsers hide it from selectors, so it is read as a property. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

setNonce(styleNonce); // for the scroll lock of dialogs
