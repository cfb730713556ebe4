import type { ServiceTier } from '#core/catalog/service-tiers';
import type { Change, NodeFacts } from '#core/scheduling/changes';
import { type Admission, type Plan, plan, type Recall } from '#core/scheduling/plan';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { aGeneration } from '#core/scheduling/testing/waiting';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** A pool whose plans a test carries out step by step. */
export class TestPool {
  readonly index = new SchedulingIndex();
  readonly leased = new Set<string>();
  now = 0;
  private serial = 0;

  apply(change: Change): void {
    this.index.apply(change);
  }

  queue(tenantId: string, tier: ServiceTier, more: Partial<WaitingGeneration> = {}): string {
    const generationId = String(this.serial).padStart(8, '0');
    this.serial += 1;
    this.apply({
      type: 'queued',
      generation: { ...aGeneration, burnLaneMs: 1_000, tenantId, tier, generationId, createdAt: this.now, queuedAt: this.now, ...more },
    });
    return generationId;
  }

  plan(): Plan {
    this.apply({ type: 'clock', now: this.now });
    return plan(this.index, this.now);
  }

  /** Commits the admissions, not the recalls. */
  turn(): { admit: Admission[]; recall: Recall[] } {
    const planned = this.plan();
    for (const admission of planned.admit) {
      const generation = this.index.waitingGeneration(admission.generationId) as WaitingGeneration;
      this.apply({ type: 'leased', lease: { ...generation, ...admission, fence: '1', startedAt: this.now } });
      this.leased.add(admission.generationId);
    }
    return planned;
  }

  end(generationId: string, ranMs = 0): void {
    this.leased.delete(generationId);
    this.apply({ type: 'ended', lease: { tenantId: '', generationId, fence: '1' }, ranMs, wasWhole: ranMs > 0 });
  }

  free(generationId: string): void {
    this.apply({ type: 'freed', lease: { tenantId: '', generationId, fence: '1' } });
  }
}

interface PoolOptions {
  lanes: number;
  nodes?: number;
  units: Record<string, number>;
  residentModels?: string[];
}

export function aPool({ lanes, nodes = 1, units, residentModels = [] }: PoolOptions): TestPool {
  const halo = new TestPool();
  for (let at = 0; at < nodes; at += 1) {
    const laneIds = Array.from({ length: lanes / nodes }, (_, lane) => `n${at}/${lane}`);
    const node: NodeFacts = { nodeId: `n${at}`, siteId: 's', region: 'eu', jurisdiction: 'de', laneIds, residentModels, isUsable: true };
    halo.apply({ type: 'node', node });
  }
  for (const [tenantId, each] of Object.entries(units)) halo.apply({ type: 'units', tenantId, units: each });
  return halo;
}
