/** What a set-up link is for. It does nothing else. */
export const SETUP_PURPOSES = ['sign_in'] as const;
export type SetupPurpose = (typeof SETUP_PURPOSES)[number];

export const MAX_SETUP_LINK_DAYS = 7;
/** Links of a tenant that can still be used, at a time. */
export const MAX_LIVING_SETUP_LINKS = 20;

export const SETUP_LINK_STATES = ['unused', 'open', 'revoked', 'expired'] as const;
export type SetupLinkState = (typeof SETUP_LINK_STATES)[number];

export interface SetupLinkTimes {
  openedAt: Date | null;
  revokedAt: Date | null;
  expiresAt: Date;
}

/** A link is opened once; what was opened ends with the link. */
export function setupLinkState({ openedAt, revokedAt, expiresAt }: SetupLinkTimes, now: Date): SetupLinkState {
  if (revokedAt) return 'revoked';
  if (expiresAt <= now) return 'expired';
  return openedAt ? 'open' : 'unused';
}
