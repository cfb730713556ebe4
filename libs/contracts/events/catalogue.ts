import { z } from 'zod';
import { CONNECTION_STATES } from '#core/access/connection';

const Credits = z.string().meta({ description: 'Decimal string, exact to a millionth of a credit.', examples: ['12.5'] });

const GenerationFacts = z.object({
  generationId: z.uuid(),
  kind: z.string(),
  model: z.string(),
  createdAt: z.iso.datetime(),
});

const Reason = z.string().meta({ description: 'For people: why it ended so.' });

/** Every event a tenant can be told of: what happened, and the form of its `data`. */
export const EVENTS = {
  'generation.queued': { summary: 'A generation was priced, reserved and queued.', data: GenerationFacts },
  'generation.running': { summary: 'A generation began on a lane, for the first time.', data: GenerationFacts },
  'generation.completed': {
    summary: 'A generation is done and paid for. Its assets are links, made anew for each attempt.',
    data: GenerationFacts.extend({ assets: z.record(z.string(), z.url()).optional() }),
  },
  'generation.failed': {
    summary: 'A generation failed; what was reserved for it was released.',
    data: GenerationFacts.extend({ reason: Reason.optional() }),
  },
  'generation.cancelled': {
    summary: 'A generation was cancelled; what was reserved for it was released.',
    data: GenerationFacts.extend({ reason: Reason.optional() }),
  },
  'webhook.test': { summary: 'Sent to one endpoint because somebody asked for it.', data: z.object({ endpointId: z.uuid() }) },
  'webhook.disabled': {
    summary: 'An endpoint gets no more events: it answered 410, or every attempt failed for five days. The latter is probed now and then.',
    data: z.object({ endpointId: z.uuid(), reason: z.enum(['gone', 'failing']) }),
  },
  'webhook.enabled': { summary: 'An endpoint that was disabled for its failures answers again.', data: z.object({ endpointId: z.uuid() }) },
  'credits.low': {
    summary: 'Less is available than the tenant’s warning line; once for each time it is crossed.',
    data: z.object({ availableCredits: Credits, thresholdCredits: Credits }),
  },
  'credits.granted': {
    summary: 'Credits were granted: a plan period, a top-up, a promotion, a service credit or a transfer from the agency.',
    data: z.object({ grantId: z.uuid(), source: z.string(), amountCredits: Credits, expiresAt: z.iso.datetime().nullable() }),
  },
  'grant.expiring': {
    summary: 'A grant with credits left expires within seven days.',
    data: z.object({ grantId: z.uuid(), remainingCredits: Credits, expiresAt: z.iso.datetime() }),
  },
  'grant.expired': {
    summary: 'A grant expired; what was left of it is gone. What running generations hold of it stays theirs.',
    data: z.object({ grantId: z.uuid(), expiredCredits: Credits }),
  },
  'budget.exceeded': {
    summary: 'A project’s monthly budget did not cover a request. Its enforcement says whether the request was refused.',
    data: z.object({ projectId: z.uuid(), month: z.string(), budgetCredits: Credits, usedCredits: Credits, refused: z.boolean() }),
  },
  'ledger.difference': {
    summary:
      'The regular proof of the ledger found something of this tenant that does not add up. It is looked into; nothing is changed by itself.',
    data: z.object({ invariant: z.string(), what: z.string() }),
  },
  'key.created': {
    summary: 'An API key was made.',
    data: z.object({ keyId: z.uuid(), name: z.string(), scopes: z.array(z.string()) }),
  },
  'key.rotated': {
    summary: 'An API key was replaced; the old one works until `oldKeyWorksUntil`.',
    data: z.object({ keyId: z.uuid(), newKeyId: z.uuid(), oldKeyWorksUntil: z.iso.datetime() }),
  },
  'key.revoked': { summary: 'An API key was revoked.', data: z.object({ keyId: z.uuid() }) },
  'project.created': { summary: 'A project was made.', data: z.object({ projectId: z.uuid(), name: z.string() }) },
  'member.added': { summary: 'A person became a member.', data: z.object({ memberId: z.uuid(), role: z.string() }) },
  'member.changed': { summary: 'A member’s role changed.', data: z.object({ memberId: z.uuid(), role: z.string() }) },
  'member.removed': { summary: 'A person is no longer a member.', data: z.object({ memberId: z.uuid() }) },
  'sign_in.break_glass': {
    summary: 'An owner signed in with a password, past the tenant’s identity provider. For every owner to know.',
    data: z.object({ memberId: z.uuid(), owners: z.array(z.uuid()).meta({ description: 'Memberships of all owners.' }) }),
  },
  'sign_in.certificate_expiring': {
    summary:
      'The last certificate of an identity provider expires soon: thirty days, seven days and one day before. Afterwards nobody signs in by it.',
    data: z.object({ connectionId: z.uuid(), expiresAt: z.iso.datetime(), days: z.int() }),
  },
  'sign_in.connection_changed': {
    summary:
      'How people sign in changed: a connection was turned on or off or enforced, or other settings of it took effect. For every owner to know.',
    data: z.object({ connectionId: z.uuid(), state: z.enum(CONNECTION_STATES), what: z.enum(['state', 'settings']) }),
  },
  'batch.completed': {
    summary: 'Every row of a batch has ended.',
    data: z.object({ batchId: z.uuid(), completed: z.int(), failed: z.int(), cancelled: z.int(), refused: z.int() }),
  },
  'batch.paused': {
    summary: 'A batch went no further: its credits or its budget did not cover the next row. It can be resumed.',
    data: z.object({ batchId: z.uuid(), reason: z.string(), rowsAccepted: z.int(), missingCredits: Credits }),
  },
  'batch.failed': { summary: 'A batch could not be read.', data: z.object({ batchId: z.uuid(), reason: z.string() }) },
  'review.decided': {
    summary: 'Results of a batch were approved or rejected, or that was taken back.',
    data: z.object({ batchId: z.uuid(), state: z.enum(['waiting', 'approved', 'rejected']), rows: z.int(), by: z.string() }),
  },
  'review.commented': {
    summary: 'Somebody commented on a result of a batch, or answered.',
    data: z.object({ batchId: z.uuid(), row: z.int(), generationId: z.uuid(), commentId: z.uuid(), by: z.string() }),
  },
  'review.regenerated': {
    summary: 'A row of a batch is made anew; the generation becomes its newest version.',
    data: z.object({ batchId: z.uuid(), row: z.int(), generationId: z.uuid(), version: z.int(), by: z.string() }),
  },
  'invoice.issued': {
    summary: 'The invoice of a month was issued.',
    data: z.object({
      invoiceId: z.uuid(),
      number: z.string(),
      month: z.string().meta({ description: 'As `2026-11`.' }),
      currency: z.string(),
      totalCents: z.string().meta({ description: 'Whole cents, as a decimal string.' }),
    }),
  },
  'plan.changed': {
    summary: 'The tenant’s plan changed.',
    data: z.object({ plan: z.string(), previousPlan: z.string().nullable(), effectiveAt: z.iso.datetime() }),
  },
  'commitment.ordered': {
    summary: 'Units were committed: ordered, added, renewed, or received from another brand.',
    data: z.object({ commitmentId: z.uuid(), poolClass: z.string(), units: z.int(), startsOn: z.iso.date(), endsOn: z.iso.date() }),
  },
  'commitment.began': { summary: 'A commitment’s units are guaranteed from now on.', data: z.object({ commitmentId: z.uuid() }) },
  'commitment.ended': {
    summary: 'A commitment is over; `state` says whether another one continues it, or it was cancelled.',
    data: z.object({ commitmentId: z.uuid(), state: z.enum(['renewed', 'ended', 'cancelled']) }),
  },
  'commitment.unpaid': {
    summary: 'A month of a commitment is due and the credits do not suffice. It is tried again until they do.',
    data: z.object({ commitmentId: z.uuid(), month: z.int(), amountCredits: Credits }),
  },
  'guarantee.month_closed': {
    summary:
      'A month of units is closed: how much of the guarantee was kept, and what was credited for the rest and for units that were lent.',
    data: z.object({
      poolClass: z.string(),
      month: z.string(),
      keptPct: z.number(),
      serviceCreditCredits: Credits,
      lendingCreditCredits: Credits,
    }),
  },
  'commitment.cut': {
    summary: 'Capacity was lost and units of a commitment with it, for some days; they are credited.',
    data: z.object({ commitmentId: z.uuid(), units: z.int(), startsOn: z.iso.date(), endsOn: z.iso.date(), creditedCredits: Credits }),
  },
} as const satisfies Record<string, { summary: string; data: z.ZodType }>;
export type EventType = keyof typeof EVENTS;

/** What one type of event carries. */
export type EventData<Type extends EventType> = z.infer<(typeof EVENTS)[Type]['data']>;
