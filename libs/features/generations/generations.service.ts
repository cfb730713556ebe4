import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Caller } from '#core/access/caller';
import { limitsOf } from '#core/access/key-limits';
import { modelFamilyOf } from '#core/catalog/models';
import { type NotOffered, notAllowed, type OutputRequest, onlyTrained } from '#core/catalog/quote';
import { DEFAULT_SERVICE_TIER, type ServiceTier } from '#core/catalog/service-tiers';
import type { SwitchedOff } from '#core/controls/switches';
import type { Recipe } from '#core/generations/recipe';
import { SwitchBoard } from '#features/controls/switch-board.service';
import { GenerationEntity } from '#features/generations/generation.entity';
import { knownQuote, type TierQuote } from '#features/generations/known-quotes';
import { type ResolveOutcome, resolveAll } from '#features/generations/resolve-group';
import {
  NO_WISHES,
  type SubmitCommand,
  type SubmitOutcome,
  type Surface,
  submitAll,
  type Wishes,
} from '#features/generations/submit-group';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { TenantDatabase } from '#platform/database/tenant-database';
import { traceparentOf } from '#platform/telemetry/spans';

/** What a surface hands over once its own wire form is understood. */
export interface SubmitRequest {
  surface: Surface;
  /** Without a tier its caller's is meant. */
  wishes?: Partial<Wishes>;
  output: OutputRequest;
  prompt: string;
  seed: number;
  /** Absent: a new picture or clip from its prompt alone. */
  recipe?: Recipe;
  callbackUrl: string | null;
  /** What `request` will echo. */
  echo: Record<string, unknown>;
}

export type SubmitRefusal = NotOffered | SwitchedOff | Extract<SubmitOutcome, { refused: string }>;

export interface GenerationPage {
  generations: GenerationEntity[];
  /** Counted up to `MAX_COUNT`. */
  count: number;
}

/** A list's count is for people: past this it says "at least". */
const MAX_COUNT = 10_000;
/** Published clients know no generation without its media: what was erased is not there, as what was deleted. */
const SHOWN = { deletedAt: IsNull(), erasedAt: IsNull() };
const CANCELLED = 'Cancelled by the customer';

/** The customer's side of a generation: submit, look, cancel, delete. Every method sees the caller's tenant only. */
@Injectable()
export class GenerationsService {
  private readonly submits: CommandGroup<SubmitCommand, SubmitOutcome>;

  constructor(
    private readonly hot: HotPool,
    private readonly db: TenantDatabase,
    private readonly switches: SwitchBoard,
  ) {
    this.submits = new CommandGroup({
      name: 'submit',
      run: (commands, again) =>
        this.hot.transaction(
          'submit',
          commands.map(({ tenantId }) => tenantId),
          (tx) => submitAll(tx, commands, again),
        ),
    });
  }

  /** Prices, reserves and queues in one transaction, so a queued generation is always paid for. */
  async submit(caller: Caller, id: string, request: SubmitRequest): Promise<GenerationEntity | SubmitRefusal> {
    const quoted = this.quote(caller, request);
    if ('refused' in quoted) return quoted;
    const switchedOff = this.switches.refusalOf({ tenantId: caller.tenantId, model: quoted.model, poolClass: quoted.poolClass });
    if (switchedOff) return switchedOff;
    const wishes = { ...NO_WISHES, ...request.wishes, serviceTier: quoted.serviceTier };
    const { surface, echo, prompt, seed, recipe, callbackUrl } = request;
    const limits = limitsOf(caller.limitPlan, caller.limits, modelFamilyOf(quoted.model));
    const traceparent = traceparentOf();
    const outcome = await this.submits.add({
      tenantId: caller.tenantId,
      apiKeyId: caller.apiKeyId,
      id,
      surface,
      wishes,
      projectId: caller.project?.id ?? null,
      caps: caller.caps,
      quote: quoted,
      recipe,
      // Neither known again nor limited: nobody will ask for it.
      bodySha256: caller.once || limits ? fingerprintOf(request, caller) : '',
      once: caller.once ?? null,
      limits,
      request: echo,
      prompt,
      seed,
      callbackUrl,
      traceparent,
    });
    if ('refused' in outcome) return outcome;
    if (outcome.id !== id) return this.asQueued(caller, outcome.id);
    return {
      tenantId: caller.tenantId,
      id,
      kind: quoted.output.kind,
      model: quoted.model,
      request: echo,
      seed,
      output: quoted.output,
      stages: [...quoted.stages],
      ...wishes,
      priceMicro: quoted.priceMicro,
      burnLaneMs: quoted.burnLaneMs,
      rateCardVersion: quoted.rateCardVersion,
      state: 'queued',
      traceparent: traceparent ?? null,
      assets: null,
      failureReason: null,
      createdAt: outcome.createdAt,
      firstBeganAt: null,
      finishedAt: null,
      deletedAt: null,
      erasedAt: null,
    };
  }

  /** The answer that the create of a generation got, whatever became of it since. */
  private async asQueued({ tenantId }: Caller, id: string): Promise<GenerationEntity> {
    const generation = await this.db.transaction('get repeated generation', [tenantId], (tx) =>
      tx.findOneByOrFail(GenerationEntity, { tenantId, id }),
    );
    return Object.assign(generation, {
      state: 'queued',
      assets: null,
      failureReason: null,
      firstBeganAt: null,
      finishedAt: null,
      deletedAt: null,
    });
  }

  /** What it would cost, without creating anything. */
  quote(caller: Caller, { output, wishes }: Pick<SubmitRequest, 'output' | 'wishes'>): TierQuote | NotOffered {
    return quoteFor(caller, output, wishes?.serviceTier ?? caller.askedTier ?? caller.serviceTier ?? DEFAULT_SERVICE_TIER);
  }

  async get({ tenantId }: Caller, id: string): Promise<GenerationEntity | null> {
    return this.db.transaction('get generation', [tenantId], (tx) => tx.findOneBy(GenerationEntity, { tenantId, id, ...SHOWN }));
  }

  /** Newest first. */
  async list({ tenantId }: Caller, { limit, offset }: { limit: number; offset: number }): Promise<GenerationPage> {
    return this.db.transaction('list generations', [tenantId], async (tx) => {
      const generations = await tx.find(GenerationEntity, {
        where: { tenantId, ...SHOWN },
        order: { createdAt: 'DESC', id: 'DESC' },
        take: limit,
        skip: offset,
      });
      const [counted] = await tx.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM (SELECT 1 FROM generations WHERE tenant_id = $1 AND deleted_at IS NULL AND erased_at IS NULL LIMIT ${MAX_COUNT}) AS counted`,
        [tenantId],
      );
      return { generations, count: counted?.count ?? 0 };
    });
  }

  /** Ends an unfinished generation and releases what it held. */
  async cancel({ tenantId }: Caller, id: string): Promise<ResolveOutcome> {
    return this.hot.transaction('cancel generation', [tenantId], async (tx) => {
      const [outcome] = await resolveAll(tx, [{ by: 'customer', kind: 'cancel', tenantId, generationId: id, reason: CANCELLED }]);
      return outcome as ResolveOutcome;
    });
  }

  /** Takes a generation out of the customer's sight. An unfinished one is cancelled and released first, in the same transaction. */
  async delete({ tenantId }: Caller, id: string): Promise<'deleted' | 'not_found'> {
    return this.hot.transaction('delete generation', [tenantId], async (tx) => {
      await resolveAll(tx, [{ by: 'customer', kind: 'cancel', tenantId, generationId: id, reason: CANCELLED }]);
      const deleted = await tx.query(
        `UPDATE generations SET deleted_at = now() WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING 1`,
        [tenantId, id],
      );
      return deleted.length > 0 ? 'deleted' : 'not_found';
    });
  }
}

/** A project or a tenant may allow some models only, and may rule out that its work is trained on. */
function quoteFor(
  { allowedModels: allowed, closedPoolClasses = [] }: Caller,
  output: OutputRequest,
  serviceTier: ServiceTier,
): TierQuote | NotOffered {
  if (allowed && !allowed.includes(output.model)) return notAllowed(output.model, allowed);
  const quoted = knownQuote(output, serviceTier);
  return !('refused' in quoted) && closedPoolClasses.includes(quoted.poolClass) ? onlyTrained(output.model, quoted.poolClass) : quoted;
}

/** Two creates ask for the same when their fingerprints are equal. A seed that nobody asked for is ours and no part of it. */
function fingerprintOf({ seed: _, ...asked }: SubmitRequest, { askedTier }: Caller): string {
  return hash('sha256', JSON.stringify(askedTier ? { ...asked, askedTier } : asked));
}
