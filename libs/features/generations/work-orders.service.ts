import { Injectable } from '@nestjs/common';
import type { WorkOrder, WorkOrderRequest } from '#contracts/lanes/work-order';
import type { Output } from '#core/catalog/quote';
import { artifactFolder, artifactsOf, inputArtifactsOf } from '#core/generations/artifacts';
import { PLAIN_RECIPE, type Recipe, treatmentOf } from '#core/generations/recipe';
import { asFetched } from '#core/generations/remade-output';
import type { Stage } from '#core/generations/stages';
import { HotPool } from '#platform/database/hot-pool';
import { SignedUrls } from '#platform/storage/signed-urls';

interface LeasedRow {
  lane_ids: string[];
  model: string;
  prompt: string;
  seed: string;
  output: Output;
  recipe: Recipe | null;
  left_s: number;
  checkpoints: { stage: Stage; round: number; outcome: { artifacts?: StoredArtifact[] } }[];
}

interface StoredArtifact {
  name: string;
  key: string;
  widthPx?: number;
  heightPx?: number;
  durationS?: number;
}

/** Signed URLs of a work order live as long as its lease, and no longer than this. */
const MAX_URL_LIFETIME_S = 3_600;

/** Tells a node what to do for a lease that is its own, and nothing about any other. */
@Injectable()
export class WorkOrdersService {
  constructor(
    private readonly db: HotPool,
    private readonly urls: SignedUrls,
  ) {}

  async nodeOfToken(tokenSha256: string): Promise<string | null> {
    const [row] = await this.db.query<{ node_id: string | null }>(`SELECT node_of_token(decode($1, 'hex')) AS node_id`, [tokenSha256]);
    return row?.node_id ?? null;
  }

  async workOrder(nodeId: string, request: WorkOrderRequest): Promise<WorkOrder | { refused: 'lease_lost' }> {
    const row = await this.leasedRow(nodeId, request);
    if (!row) return { refused: 'lease_lost' };
    const { stage, round } = request;
    const lifetimeS = Math.min(Math.ceil(row.left_s), MAX_URL_LIFETIME_S);
    const recipe = row.recipe ?? PLAIN_RECIPE;
    const output = asFetched(row.output, recipe.operation, row.checkpoints.find((done) => done.stage === 'fetch')?.outcome.artifacts ?? []);
    return {
      laneIds: row.lane_ids,
      model: row.model,
      prompt: row.prompt,
      seed: Number(row.seed),
      output,
      treatment: treatmentOf(recipe),
      plan: row.checkpoints.find((done) => done.stage === 'plan' && done.round === round)?.outcome ?? null,
      inputs: inputArtifactsOf(stage, row.checkpoints).map(({ name, key }) => ({ name, url: this.urls.inputUrl(key, lifetimeS) })),
      uploads: artifactsOf(stage, output).map(({ name, ending }) => {
        const key = `${artifactFolder(request)}/${name}.${ending}`;
        return { name, key, url: this.urls.uploadUrl(key, lifetimeS) };
      }),
    };
  }

  private leasedRow(nodeId: string, { tenantId, generationId, fence }: WorkOrderRequest): Promise<LeasedRow | undefined> {
    return this.db.transaction('work order', [tenantId], async (tx) => {
      const [row] = await tx.query<LeasedRow>(
        `SELECT l.lane_ids, g.model, g.prompt, g.seed, g.output, g.recipe, extract(epoch FROM l.expires_at - now())::float8 AS left_s,
                coalesce((SELECT jsonb_agg(jsonb_build_object('stage', c.stage, 'round', c.round, 'outcome', c.outcome))
                            FROM checkpoints c WHERE c.tenant_id = g.tenant_id AND c.generation_id = g.id), '[]') AS checkpoints
           FROM leases l JOIN generations g ON g.tenant_id = l.tenant_id AND g.id = l.generation_id AND g.fence = l.fence
          WHERE l.tenant_id = $1 AND l.generation_id = $2 AND l.fence = $3 AND l.node_id = $4
            AND l.ended_at IS NULL AND l.expires_at > now() AND g.state IN ('admitted', 'running')`,
        [tenantId, generationId, fence, nodeId],
      );
      return row;
    });
  }
}
