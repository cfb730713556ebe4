import { v7 as newId } from 'uuid';
import { type ReserveOutcome, type ReserveWish, reserveAll } from '#features/ledger/reservations.service';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';

/** Halogen's way: concurrent reserves folded into one transaction, as role `halogen_api` under row-level security. */
export class Grouped implements AsyncDisposable {
  private readonly pool: HotPool;
  private readonly group: CommandGroup<ReserveWish, ReserveOutcome>;

  constructor(apiUrl: string) {
    this.pool = new HotPool({ url: apiUrl, applicationName: 'halogen-bench', maxConnections: 12 });
    this.group = new CommandGroup({
      name: 'reserve',
      run: (wishes, again) =>
        this.pool.transaction(
          'reserve',
          wishes.map(({ tenantId }) => tenantId),
          (tx) => reserveAll(tx, wishes, again),
        ),
    });
  }

  async reserve({ tenantId }: { tenantId: string }, priceMicro: bigint): Promise<void> {
    const outcome = await this.group.add({ tenantId, generationId: newId(), priceMicro });
    if ('refused' in outcome) throw new Error('a tenant of the benchmark ran out of credits');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
  }
}
