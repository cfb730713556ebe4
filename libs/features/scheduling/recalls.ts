import { NOT_LENT_AGAIN_MS } from '#core/scheduling/limits';
import type { Planned } from '#features/scheduling/admissions';
import { leaseKeyOf } from '#features/scheduling/lease-keys';
import type { LedPool } from '#features/scheduling/led-pool';
import { TRY_AGAIN_AFTER_MS } from '#features/scheduling/limits';
import { noteRecalls } from '#features/scheduling/note-recalls';
import { takeBack } from '#features/scheduling/take-back';

/** Recalls borrowed lanes, and tells nodes which of their runs have ended, again until their lanes are free. */
export class Recalls {
  constructor(private readonly pool: LedPool) {}

  /** Takes lanes back for the owners of units. Nothing went wrong: it does not count as lost, and finished stages are kept. */
  async recall({ recall, plannedAtMs }: Planned): Promise<void> {
    const nowMs = this.pool.nowMs();
    const due = recall.flatMap(({ tenantId, generationId, fence, ownerId }) => {
      const living = this.pool.leases.find({ tenantId, generationId, fence });
      return living && living.triableAtMs <= nowMs ? [{ living, ownerId }] : [];
    });
    if (due.length === 0) return;
    const wanted = due.map(({ living }) => ({ lease: living.lease, isLost: false, isFreed: false, endReason: 'recalled' as const }));
    const outcomes = await this.pool.asLeader('recall', async (tx) => {
      const taken = await takeBack(tx, wanted, plannedAtMs);
      const recalled = due.filter(({ living }) => taken.get(leaseKeyOf(living.lease))?.outcome === 'taken_back');
      const noted = recalled.map(({ living, ownerId }) => ({ lease: living.lease, ownerId }));
      await noteRecalls(tx, noted);
      return taken;
    });
    for (const { living, ownerId } of due) {
      const { lease, nodeId } = living;
      const result = outcomes.get(leaseKeyOf(lease));
      living.triableAtMs = this.pool.nowMs() + TRY_AGAIN_AFTER_MS; // nearly done: its settle frees the lanes, or its end is about to be read
      if (result?.outcome !== 'taken_back') continue;
      this.pool.logger.log('recalled', { generationId: lease.generationId, fence: lease.fence, nodeId, ownerId });
      this.pool.noteEnded({ lease, ranMs: 0, reason: 'recalled' });
      const heldBack = { ownerId, untilMs: plannedAtMs + NOT_LENT_AGAIN_MS };
      this.pool.queue({ ...result.generation, heldBack });
    }
    this.tellDying();
  }

  tellDying(): void {
    const nowMs = this.pool.nowMs();
    for (const dying of this.pool.leases.toTell(nowMs)) {
      const link = this.pool.roster.linkOf(dying.nodeId);
      if (!link) continue;
      const { tenantId, generationId, fence } = dying.lease;
      link.send({ type: 'recall', tenantId, generationId, fence, reason: dying.reason });
      dying.toldAtMs = nowMs;
    }
  }
}
