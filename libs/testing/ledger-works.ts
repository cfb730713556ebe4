import { randomUUID } from 'node:crypto';
import type { LeaseRef } from '#core/generations/lease';
import { LeaseLost } from '#core/generations/lease-lost';
import { type ResolveCommand, type ResolveOutcome, resolveAll } from '#features/generations/resolve-group';
import { RunsService } from '#features/generations/runs.service';
import { type SubmitCommand, type SubmitOutcome, submitAll } from '#features/generations/submit-group';
import { CreditsService } from '#features/ledger/credits.service';
import { GrantExpiry } from '#features/ledger/grant-expiry.service';
import { grantCredits } from '#features/ledger/grants.service';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { admitted, aNode, anImage } from '#testing/builders';

/** The ledger as processes use it: submits and cancels of an API, settles of a worker, grants, each by its own groups and its own role. */
export class LedgerWorks implements AsyncDisposable {
  private readonly api: HotPool;
  private readonly runs: RunsService;
  private readonly credits: CreditsService;
  private readonly expiry: GrantExpiry;
  private readonly submits: CommandGroup<SubmitCommand, SubmitOutcome>;
  private readonly cancels: CommandGroup<ResolveCommand, ResolveOutcome>;
  private readonly leases = new Map<string, Promise<LeaseRef | undefined>>();
  private freeLanes: string[] = [];

  private constructor(
    apiUrl: string,
    readonly control: HotPool,
  ) {
    this.api = new HotPool({ url: apiUrl, applicationName: 'ledger-works-api', maxConnections: 8 });
    this.runs = new RunsService(control);
    this.credits = new CreditsService(this.api);
    this.expiry = new GrantExpiry(control);
    this.submits = new CommandGroup({
      name: 'submit',
      run: (commands, again) => this.api.transaction('submit', commands.map(tenantOf), (tx) => submitAll(tx, commands, again)),
    });
    this.cancels = new CommandGroup({
      name: 'cancel',
      run: (commands) => this.api.transaction('cancel', commands.map(tenantOfEnd), (tx) => resolveAll(tx, commands)),
    });
  }

  /** @param lanes settles that may be under way at once */
  static async over({ apiUrl, controlUrl }: { apiUrl: string; controlUrl: string }, lanes: number): Promise<LedgerWorks> {
    const control = new HotPool({ url: controlUrl, applicationName: 'ledger-works-control', maxConnections: 16 });
    const works = new LedgerWorks(apiUrl, control);
    const nodeId = await aNode(control, lanes);
    works.freeLanes = Array.from({ length: lanes }, (_, at) => `${nodeId}/${at}`);
    return works;
  }

  /** @returns false when this id was granted before */
  async topUp(tenantId: string, id: string, amountMicro: bigint, expiresAt?: Date): Promise<boolean> {
    return this.control.transaction('top up', [], (tx) =>
      grantCredits(tx, { tenantId, id, accountId: randomUUID(), amountMicro, expiresAt }),
    );
  }

  /** @returns whether the price is held. The same id again answers what stands. */
  async hold(tenantId: string, id: string, priceMicro: bigint): Promise<boolean> {
    const command = anImage(tenantId, { id });
    return 'createdAt' in (await this.submits.add({ ...command, quote: { ...command.quote, priceMicro } }));
  }

  /** As a client that never saw the answer: the wish is sent again under the same id. */
  async holdAgain(tenantId: string, id: string, priceMicro: bigint): Promise<boolean> {
    const command = anImage(tenantId, { id });
    const again = { ...command, quote: { ...command.quote, priceMicro } };
    const [outcome] = await this.api.transaction('submit again', [tenantId], (tx) => submitAll(tx, [again], true));
    return outcome !== undefined && 'createdAt' in outcome;
  }

  /** Leases and settles, as the run of the one lease that a hold gets here. `repeated`: it was leased before, and ended as paid. */
  async settle(tenantId: string, id: string): Promise<'settled' | 'repeated' | 'refused'> {
    const earlier = this.leases.get(id);
    const leased = earlier ?? this.lease(tenantId, id);
    this.leases.set(id, leased);
    const lease = await leased;
    if (!lease) return 'refused';
    const outcome = await this.runs.settle(lease).catch((error) => {
      if (error instanceof LeaseLost) return 'lost';
      throw error;
    });
    if (outcome !== 'completed') return 'refused';
    return earlier ? 'repeated' : 'settled';
  }

  /** @returns false when it had ended before */
  async release(tenantId: string, id: string): Promise<boolean> {
    const outcome = await this.cancels.add({ by: 'customer', kind: 'cancel', tenantId, generationId: id, reason: 'released' });
    return 'state' in outcome;
  }

  /** Gives back all that a settled hold cost. @returns false when there is nothing left to give back, or it is not settled */
  async refund(tenantId: string, id: string): Promise<boolean> {
    const operator = { tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'scale' };
    return !('refused' in (await this.credits.refund(operator, tenantId, { generationId: id, reason: 'asked for' })));
  }

  /** Closes the grants that are due, as the sweep does. Time does not pass for a test: it moves a grant's end, as the owner of the tables. */
  async expireGrants(): Promise<void> {
    await this.expiry.sweep();
  }

  async balance(tenantId: string): Promise<{ availableMicro: bigint; reservedMicro: bigint }> {
    const [row] = await this.api.transaction('read', [tenantId], (tx) =>
      tx.query<{ available: string; reserved: string }>(
        `SELECT coalesce(sum(balance_micro) FILTER (WHERE kind = 'available'), 0) AS available,
                coalesce(sum(balance_micro) FILTER (WHERE kind = 'reserved'), 0) AS reserved
           FROM accounts WHERE tenant_id = $1`,
        [tenantId],
      ),
    );
    return { availableMicro: BigInt(row?.available ?? 0), reservedMicro: BigInt(row?.reserved ?? 0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.control.close();
  }

  /** Undefined when it is not waiting any more. The lane is freed at once: what this proves is not about lanes. */
  private async lease(tenantId: string, id: string): Promise<LeaseRef | undefined> {
    const laneId = this.freeLanes.pop();
    if (!laneId) throw new Error('more settles at once than lanes');
    try {
      return await admitted(this.control, { tenantId, id }, laneId).catch((error: Error) => {
        if (error.message === 'it is not queued') return undefined;
        throw error;
      });
    } finally {
      await this.control.query('DELETE FROM lane_occupancies WHERE lane_id = $1', [laneId]);
      this.freeLanes.push(laneId);
    }
  }
}

function tenantOf({ tenantId }: SubmitCommand): string {
  return tenantId;
}

function tenantOfEnd(command: ResolveCommand): string {
  return command.by === 'run' ? command.lease.tenantId : command.tenantId;
}
