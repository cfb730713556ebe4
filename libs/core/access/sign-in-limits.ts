/** Tries to sign in with a password that are taken within a window, from one address and for one e-mail address. */
export const SIGN_IN_WINDOW_MS = 15 * 60_000;
export const MAX_TRIES_PER_EMAIL = 10;
export const MAX_TRIES_PER_ADDRESS = 50;

/** Tenants whose password is compared at one sign-in: each comparison costs a tenth of a second of one core, by design. */
export const MAX_PASSWORDS_COMPARED = 5;

export const MIN_PASSWORD_CHARACTERS = 14;
export const MAX_PASSWORD_CHARACTERS = 256;
