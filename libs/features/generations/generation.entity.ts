import { Column, Entity, PrimaryColumn } from 'typeorm';
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

  @Column('text')
  state!: GenerationState;

  @Column('jsonb', { nullable: true })
  assets!: { image?: string; video?: string } | null;

  @Column('text', { name: 'failure_reason', nullable: true })
  failureReason!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'first_began_at', nullable: true })
  firstBeganAt!: Date | null;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}
