import type { Goal, Standing } from '#core/access/ways';

/** Whom to look for. */
export interface Search {
  /** Of the tenant asked about, its brands, and its agency if it may be named. */
  tenantIds: readonly string[];
  goal: Goal;
  limit: number;
  /** Id of the last one of the page before. */
  after?: string;
  /** For LIKE on names in lower case; null for everybody. */
  pattern: string | null;
  /** Standings of one of them that are read. */
  maxStandings: number;
}

/** Somebody with what they were given. */
export interface Found {
  id: string;
  name: string;
  detail: string;
  standings: (Standing & { projectName: string | null })[];
  /** How many standings there are, read or not. */
  count: number;
}
