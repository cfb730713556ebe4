import { parseCookie, stringifySetCookie } from 'cookie';

const NAME = 'halogen_session';
/** Binds a sign-in that is on its way to the browser that began it. */
const PENDING_NAME = 'halogen_sign_in';
const PENDING_SECONDS = 600;
/** Carries what a set-up link opened. */
const SETUP_NAME = 'halogen_setup';
/** Carries what a share link opened. */
const GUEST_NAME = 'halogen_guest';

/**
 * The cookie that carries a session's token. Over https its name says that it came from this very host, over https, for all paths: a
 * neighbouring host cannot plant one.
 */
export class SessionCookie {
  private readonly isSecure: boolean;
  private readonly name: string;
  private readonly pendingName: string;
  private readonly setupName: string;
  private readonly guestName: string;

  constructor(readonly publicOrigin: string) {
    this.isSecure = publicOrigin.startsWith('https:');
    [this.name, this.pendingName, this.setupName, this.guestName] = [NAME, PENDING_NAME, SETUP_NAME, GUEST_NAME].map((name) =>
      this.isSecure ? `__Host-${name}` : name,
    ) as [string, string, string, string];
  }

  tokenIn(header: string | undefined): string | undefined {
    return header === undefined ? undefined : parseCookie(header)[this.name] || undefined;
  }

  /** The header by which the browser keeps a token. It ends with the browser or with the session, which the server decides. */
  keep(token: string): string {
    return stringifySetCookie({ name: this.name, value: token, ...this.attributes() });
  }

  forget(): string {
    return stringifySetCookie({ name: this.name, value: '', ...this.attributes(), maxAge: 0 });
  }

  pendingIn(header: string | undefined): string | undefined {
    return header === undefined ? undefined : parseCookie(header)[this.pendingName] || undefined;
  }

  keepPending(value: string): string {
    return stringifySetCookie({ name: this.pendingName, value, ...this.attributes(), maxAge: PENDING_SECONDS });
  }

  forgetPending(): string {
    return stringifySetCookie({ name: this.pendingName, value: '', ...this.attributes(), maxAge: 0 });
  }

  setupIn(header: string | undefined): string | undefined {
    return header === undefined ? undefined : parseCookie(header)[this.setupName] || undefined;
  }

  keepSetup(token: string, expiresAt: Date): string {
    return stringifySetCookie({ name: this.setupName, value: token, ...this.attributes(), expires: expiresAt });
  }

  guestIn(header: string | undefined): string | undefined {
    return header === undefined ? undefined : parseCookie(header)[this.guestName] || undefined;
  }

  keepGuest(token: string, expiresAt: Date): string {
    return stringifySetCookie({ name: this.guestName, value: token, ...this.attributes(), expires: expiresAt });
  }

  private attributes() {
    return { httpOnly: true, sameSite: 'lax', secure: this.isSecure, path: '/' } as const;
  }
}
