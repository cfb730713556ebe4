import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedUrlSettings {
  /** Where clients reach the API, without a trailing slash: assets share the origin of the API, as published clients demand. */
  publicOrigin: string;
  /** Where nodes reach the API. */
  agentOrigin?: string;
  secret: string;
}

type Purpose = 'get' | 'put';

export const ASSETS_PATH = '/assets';
export const UPLOADS_PATH = '/uploads';
/** Asset URLs are minted anew with every answer; this is how long one that was kept goes on working. */
const ASSET_URL_LIFETIME_S = 24 * 3_600;

/** URLs that carry their own permission: a key, an expiry and a signature over both and the purpose. They need no header. */
export class SignedUrls {
  constructor(private readonly settings: SignedUrlSettings) {}

  /** A URL for a customer to read one object. */
  assetUrl(key: string, now = new Date(), lifetimeS = ASSET_URL_LIFETIME_S): string {
    return this.url(this.settings.publicOrigin, ASSETS_PATH, 'get', key, lifetimeS, now);
  }

  /** A URL for a node to read one object. */
  inputUrl(key: string, lifetimeS: number, now = new Date()): string {
    return this.url(this.settings.agentOrigin ?? this.settings.publicOrigin, ASSETS_PATH, 'get', key, lifetimeS, now);
  }

  /** A URL for a node to create one object. */
  uploadUrl(key: string, lifetimeS: number, now = new Date()): string {
    return this.url(this.settings.agentOrigin ?? this.settings.publicOrigin, UPLOADS_PATH, 'put', key, lifetimeS, now);
  }

  /** The key of an asset URL of ours that is valid now; undefined for any other URL. */
  keyOfAssetUrl(text: string, now = new Date()): string | undefined {
    const url = URL.parse(text);
    if (!url || url.origin !== URL.parse(this.settings.publicOrigin)?.origin || !url.pathname.startsWith(`${ASSETS_PATH}/`))
      return undefined;
    const key = url.pathname.slice(ASSETS_PATH.length + 1);
    const { expires = '', signature = '' } = Object.fromEntries(url.searchParams);
    return this.allows('get', key, expires, signature, now) ? key : undefined;
  }

  /** Whether this signature allows this purpose on this key now. */
  allows(purpose: Purpose, key: string, expires: string, signature: string, now = new Date()): boolean {
    if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1_000 < now.getTime()) return false;
    const wanted = Buffer.from(this.sign(purpose, key, expires));
    const given = Buffer.from(signature);
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  }

  private url(origin: string, folder: string, purpose: Purpose, key: string, lifetimeS: number, now: Date): string {
    const expires = String(Math.floor(now.getTime() / 1_000) + lifetimeS);
    return `${origin}${folder}/${key}?expires=${expires}&signature=${this.sign(purpose, key, expires)}`;
  }

  private sign(purpose: Purpose, key: string, expires: string): string {
    return createHmac('sha256', this.settings.secret).update(`${purpose}\n${key}\n${expires}`).digest('base64url');
  }
}
