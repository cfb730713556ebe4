/** People that a tenant may have as members: enough for the largest agency we know. */
export const MAX_MEMBERS = 10_000;
