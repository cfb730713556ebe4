import { z } from 'zod';
import { LANE_STAGES } from '#core/generations/stages';

/** The lane protocol: one WebSocket a node, JSON texts, node token as bearer at the upgrade. Path `/lanes` at the scheduler. */
export const LANES_PATH = '/lanes';
export const HEARTBEAT_EVERY_MS = 1_000;
/** A node that was not heard for so long has lost its leases. */
export const SILENCE_LIMIT_MS = 9_000;
/** An agent that hears no scheduler for so long kills its children: before the scheduler gives their lanes away. */
export const ALONE_LIMIT_MS = 6_000;
/** How long a recalled child may take to stop by itself before it is killed. */
export const GRACE_MS = 2_000;
/** The largest message either side accepts. */
export const MAX_MESSAGE_BYTES = 1_000_000;

/** Of one node. */
const MAX_LANES_PER_NODE = 4_096;

const Fence = z.string().regex(/^\d{1,19}$/);
const LeaseRef = z.object({ tenantId: z.uuid(), generationId: z.uuid(), fence: Fence });

const Register = z.object({
  type: z.literal('register'),
  lanes: z.array(z.object({ laneId: z.string().max(100) })).max(MAX_LANES_PER_NODE),
  poolClass: z.string().max(100),
  residentModels: z.array(z.string().max(100)).max(1_000),
  /** Leases whose children live on this node. */
  living: z.array(LeaseRef).max(MAX_LANES_PER_NODE),
});
const Heartbeat = z.object({
  type: z.literal('heartbeat'),
  residentModels: z.array(z.string().max(100)).max(1_000),
  progress: z.array(LeaseRef.extend({ stage: z.enum(LANE_STAGES), fraction: z.number().min(0).max(1) })).max(MAX_LANES_PER_NODE),
});
const Began = LeaseRef.extend({ type: z.literal('began'), stage: z.enum(LANE_STAGES) });
/** The lease's lanes are free on this node. Repeated until `freed_noted`. */
const Freed = LeaseRef.extend({ type: z.literal('freed') });
/** The agent is going away in order: its leases shall be taken back now, not after a silence. */
const Leaving = z.object({ type: z.literal('leaving') });

export const AgentMessage = z.discriminatedUnion('type', [Register, Heartbeat, Began, Freed, Leaving]);
export type AgentMessage = z.infer<typeof AgentMessage>;

const Registered = z.object({
  type: z.literal('registered'),
  /** Leases of `living` that are no longer theirs: to be killed and answered `freed`. */
  kill: z.array(LeaseRef),
});
const HeartbeatNoted = z.object({ type: z.literal('heartbeat_noted') });
/** Give the lanes back. Also sent for a lease the agent never saw: it answers `freed` and refuses that fence from then on. */
const Recall = LeaseRef.extend({ type: z.literal('recall'), reason: z.enum(['cancelled', 'taken_back', 'recalled', 'drained', 'ended']) });
/** Take no new stage; running ones end by recall. */
const Drain = z.object({ type: z.literal('drain') });
const FreedNoted = LeaseRef.extend({ type: z.literal('freed_noted') });
/** A standby answers with the leader's address, if it knows one, and closes. */
const Leader = z.object({ type: z.literal('leader'), url: z.string().nullable() });

export const SchedulerMessage = z.discriminatedUnion('type', [Registered, HeartbeatNoted, Recall, Drain, FreedNoted, Leader]);
export type SchedulerMessage = z.infer<typeof SchedulerMessage>;
