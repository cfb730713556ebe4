import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Output } from '#core/catalog/quote';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { Stage } from '#core/generations/stages';
import type { GenerationState } from '#core/generations/state';

/** What readers need of a generation's row. */
@Entity('generations')
export class GenerationEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: 'image' | 'video';

  @Column('text')
  model!: string;

  @Column('jsonb')
  request!: Record<string, unknown>;

  @Column('bigint', { transformer: { from: Number, to: String } })
  seed!: number;

  @Column('jsonb')
  output!: Output;

  @Column('text', { array: true })
  stages!: Stage[];

  @Column('text', { name: 'service_tier' })
  serviceTier!: ServiceTier;

  @Column('smallint')
  priority!: number;

  @Column('timestamptz', { name: 'start_by', nullable: true })
  startBy!: Date | null;

  @Column('timestamptz', { name: 'complete_by', nullable: true })
  completeBy!: Date | null;

  @Column('jsonb')
  labels!: Record<string, string>;

  @Column('bigint', { name: 'price_micro', transformer: { from: BigInt, to: String } })
  priceMicro!: bigint;

  @Column('integer', { name: 'burn_lane_ms' })
  burnLaneMs!: number;

  @Column('integer', { name: 'rate_card_version' })
  rateCardVersion!: number;

  @Column('text')
  state!: GenerationState;

  @Column('text', { nullable: true })
  traceparent!: string | null;

  @Column('jsonb', { nullable: true })
  assets!: { image?: string; video?: string } | null;

  @Column('text', { name: 'failure_reason', nullable: true })
  failureReason!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'first_began_at', nullable: true })
  firstBeganAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  /** When the customer deleted it: from then on it is not there. */
  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;

  /** When prompt and media were erased. */
  @Column('timestamptz', { name: 'erased_at', nullable: true })
  erasedAt!: Date | null;
}
