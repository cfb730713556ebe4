import type { ServiceTier } from '#core/catalog/service-tiers';
import type { LeaseRef } from '#core/generations/lease';
import type { ServedFrom } from '#core/scheduling/service-tier';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** A node as it stands now. Replaces what was known of it; its leases stay. */
export interface NodeFacts {
  nodeId: string;
  siteId: string;
  region: string;
  jurisdiction: string;
  /** By the terms of its pool what is sent there may be trained on. */
  trainsOnInputs?: boolean;
  /** Lanes that exist and that the node has registered, in the order in which they are given away. */
  laneIds: readonly string[];
  residentModels: readonly string[];
  /** False while it is silent, draining or not registered: its leases go on, but it gets no new ones. */
  isUsable: boolean;
}

export interface LeasedGeneration extends LeaseRef, WaitingGeneration {
  nodeId: string;
  laneIds: readonly string[];
  servedFrom: ServedFrom;
  /** When the lease was committed, milliseconds since 1970. */
  startedAt: number;
  /** The estimate it was admitted with; null when that was another leader's. */
  estimatedMs: number | null;
}

/** Committed facts, in their order. The index is nothing but their fold, so the same changes give the same plans. */
export type Change =
  | { type: 'node'; node: NodeFacts }
  | { type: 'weight'; tenantId: string; weight: number }
  /** Lanes that are guaranteed to the tenant from now on. */
  | { type: 'units'; tenantId: string; units: number }
  /** Time has come this far: what depends on how long something has waited is looked at. */
  | { type: 'clock'; now: number }
  | { type: 'queued'; generation: WaitingGeneration }
  /** No longer in the queue: cancelled, or not `queued` when it was to be admitted. */
  | { type: 'left'; generationId: string }
  /** The first heads of a tenant's queue of one tier as the database has them; `hasMore` when there are others behind. */
  | { type: 'heads'; tenantId: string; tier: ServiceTier; generations: readonly WaitingGeneration[]; hasMore: boolean }
  /** The database has more of a tenant's queue of one tier, uncounted: its heads are to be read again. */
  | { type: 'more'; tenantId: string; tier: ServiceTier }
  | { type: 'leased'; lease: LeasedGeneration }
  /** The lease is over; its lanes are busy until `freed`. `wasWhole` when it ran all stages to their end. */
  | { type: 'ended'; lease: LeaseRef; ranMs: number; wasWhole: boolean }
  | { type: 'freed'; lease: LeaseRef };
