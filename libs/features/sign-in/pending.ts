/** How long somebody may take at their identity provider. */
export const PENDING_MINUTES = 10;
