/** A leader that has not renewed for so long, by the database's time, may be succeeded. */
export const LEADER_LIMIT_MS = 2_500;
/** Renewals fall due this often. */
export const RENEW_EVERY_MS = 800;
/** How often a standby looks, and how soon a failed renewal is tried again. */
export const ELECTION_EVERY_MS = 250;
/** By its own clock a leader stops this much earlier than others may start. */
export const LEADER_MARGIN_MS = 100;
/** A leader that cannot renew keeps answering its agents for so long: a short absence of Postgres must not cost them their work. */
export const LAPSED_LINKS_LIMIT_MS = 30_000;
export const DISCOVER_POOLS_EVERY_MS = 5_000;

/** The longest pause of a pool's scheduler; what matters wakes it. */
export const TURN_EVERY_MS = 200;
/** Outbox, nodes and time limits are looked at this often, whether or not anything woke the scheduler. */
export const SWEEP_EVERY_MS = 1_000;
/** Capacity is looked at again after a wake, but not more often. */
export const REFRESH_NODES_AFTER_MS = 250;
/** `nodes.last_heard_at` is a hint for operators: the time limits live in the leader's memory. */
export const NOTE_HEARD_EVERY_MS = 5_000;

/** Time limits of leases and nodes are compared no more often than this. */
export const TIME_RULES_EVERY_MS = 100;

/** Outbox rows read in one transaction. */
export const MAX_CHANGES_PER_READ = 1_000;
/** Queues whose heads are refilled in one transaction. */
export const MAX_QUEUES_PER_REFILL = 32;
/** Leases taken back, and freed, in one transaction. */
export const MAX_LEASES_PER_WRITE = 500;

/** With a lease so old that has no run, Redis or Temporal is away: admitting more would only strand them. */
export const STALLED_AFTER_MS = 2_000;
/** A lease without a run for so long is taken back. */
export const NO_RUN_LIMIT_MS = 10_000;
/** Leases younger than this are not asked about: their run is about to start. */
export const ASK_FOR_RUN_AFTER_MS = 500;
export const ASK_FOR_RUNS_EVERY_MS = 250;
/** A take-back that could not be done, and a recall that is not answered, are tried again after so long. */
export const TRY_AGAIN_AFTER_MS = 1_000;

/** Waits that a process explains in a second. Each looks at every tenant and every lease: more would be time that the planner lacks. */
export const MAX_EXPLAINED_PER_S = 100;

/** What lanes do is shown, and counted, this often. */
export const LOOK_AT_LANES_EVERY_MS = 1_000;
/** Old blocks of use that are deleted together, once a minute: several times as many as are written meanwhile. */
export const MAX_OLD_USE_AT_ONCE = 20_000;
/** What every lane did is kept for so long, a picture a minute. */
export const LANE_PICTURES_KEPT_S = 24 * 3_600;
