/** What a guest may do besides looking. */
export const SHARE_ACCESSES = ['view', 'comment'] as const;
export type ShareAccess = (typeof SHARE_ACCESSES)[number];

/** Which results a guest is shown: those that are approved, or every completed one. */
export const SHARED_RESULTS = ['approved', 'all'] as const;
export type SharedResults = (typeof SHARED_RESULTS)[number];

export const MAX_SHARE_DAYS = 90;
export const USUAL_SHARE_DAYS = 14;
/** Links of a campaign that can still be used, at a time. */
export const MAX_LIVING_SHARE_LINKS = 20;
/** Browsers that one link lets in: each is a guest. */
export const MAX_GUESTS_PER_LINK = 200;
export const MAX_GUEST_NAME_CHARACTERS = 80;

/** What guests may ask for within the window of sign-ins; a busy review is three calls a second. */
export const MAX_OPENINGS_PER_ADDRESS = 50;
export const MAX_CALLS_PER_GUEST = 3_000;
export const MAX_COMMENTS_PER_GUEST = 60;

/** An asset's URL needs nobody's leave: a guest's works no longer than this after their link was revoked. */
export const GUEST_ASSET_URL_LIFETIME_S = 3_600;

export const SHARE_LINK_STATES = ['open', 'revoked', 'expired'] as const;
export type ShareLinkState = (typeof SHARE_LINK_STATES)[number];

/** A link lets in whoever has it until it ends, and what it let in ends with it. */
export function shareLinkState({ revokedAt, expiresAt }: { revokedAt: Date | null; expiresAt: Date }, now: Date): ShareLinkState {
  if (revokedAt) return 'revoked';
  return expiresAt <= now ? 'expired' : 'open';
}
