import { z } from 'zod';
import { CutCapacity } from '#contracts/native/capacity';
import { Credits, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { PROPOSAL_STATES } from '#core/controls/second-person';
import { STOPPABLE, SWITCH_SCOPES } from '#core/controls/switches';
import { TOUCHED_KINDS } from '#core/controls/touched';

const ROOT = '/api/v1/operations';
const MAX_MINUTES = 30 * 24 * 60;
const Reason = z.string().trim().min(1).max(500);

const stop = {
  stops: z.enum(STOPPABLE),
  scope: z.enum(SWITCH_SCOPES),
  subject: z
    .string()
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .meta({ description: 'The tenant’s id, the pool class or the model; null for all.' }),
};
const minutes = z
  .int()
  .min(1)
  .max(MAX_MINUTES)
  .optional()
  .meta({ description: 'After which it ends by itself; until it is lifted if absent.' });

const SetSwitch = z
  .strictObject({ ...stop, reason: Reason.meta({ description: 'Told to callers who meet it.' }), minutes })
  .meta({ id: 'SetSwitch' });
export type SetSwitch = z.infer<typeof SetSwitch>;

const Switch = z
  .object({ id: z.uuid(), ...stop, subject: z.string().nullable(), reason: z.string(), setAt: When, endsAt: When.nullable() })
  .meta({ id: 'Switch' });

const SwitchAct = z.strictObject({ does: z.literal('switch'), ...stop, minutes });
const CutAct = z.strictObject({ does: z.literal('cut'), ...CutCapacity.shape }).omit({ reason: true, force: true });
const PauseAct = z.strictObject({
  does: z.literal('pause'),
  tenantId: z.uuid().optional(),
  poolClass: z.string().min(1).max(100).optional(),
});

const CountTouched = z.strictObject({ act: z.discriminatedUnion('does', [SwitchAct, CutAct, PauseAct]) }).meta({ id: 'CountTouched' });
export type CountTouched = z.infer<typeof CountTouched>;

const Touched = z
  .object({
    counts: z.array(z.object({ what: z.enum(TOUCHED_KINDS), value: z.int(), exact: z.boolean() })),
    credits: Credits.nullable().meta({ description: 'Service credit of what would be taken.' }),
    needsSecondPerson: z.boolean(),
  })
  .meta({ id: 'Touched' });

const ProposedAct = z.discriminatedUnion('does', [SwitchAct, CutAct]);
const Propose = z.strictObject({ act: ProposedAct, reason: Reason }).meta({ id: 'Propose' });
export type Propose = z.infer<typeof Propose>;

const Proposal = z
  .object({
    id: z.uuid(),
    act: ProposedAct,
    reason: z.string(),
    touched: Touched.meta({ description: 'As it was counted when it was proposed.' }),
    state: z.enum(PROPOSAL_STATES),
    proposer: z.string(),
    isOwn: z.boolean().meta({ description: 'Proposed by who asks: somebody else has to approve it.' }),
    proposedAt: When,
    expiresAt: When,
    decider: z.string().nullable(),
    decidedAt: When.nullable(),
  })
  .meta({ id: 'Proposal' });

export const countTouched = {
  id: 'countTouched',
  method: 'POST',
  path: `${ROOT}/touched`,
  status: 200,
  scope: 'platform:read',
  summary: 'A dry run: what a switch, a pause or a cut would touch, counted to a bound, and whether it needs a second person.',
  body: CountTouched,
  response: Touched,
} satisfies OperationContract;

export const setSwitch = {
  id: 'setSwitch',
  method: 'POST',
  path: `${ROOT}/switches`,
  status: 201,
  scope: 'platform:operate',
  stepUp: true,
  summary:
    'Stop submits, webhooks or the loading of batches: for all, a tenant, or (submits) a pool class or model. Callers get 503 `switched_off` with the reason and Retry-After. 403 `second_person_needed` for all submits.',
  body: SetSwitch,
  response: Switch,
} satisfies OperationContract;

export const listSwitches = {
  id: 'listSwitches',
  method: 'GET',
  path: `${ROOT}/switches`,
  status: 200,
  scope: 'platform:read',
  summary: 'What is switched off, oldest first.',
  response: z.object({ switches: z.array(Switch) }),
} satisfies OperationContract;

export const liftSwitch = {
  id: 'liftSwitch',
  method: 'POST',
  path: `${ROOT}/switches/:id/lift`,
  status: 204,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Switch on again.',
} satisfies OperationContract;

export const propose = {
  id: 'propose',
  method: 'POST',
  path: `${ROOT}/proposals`,
  status: 201,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Propose what needs a second person. It is open for an hour; people only, no API keys.',
  body: Propose,
  response: Proposal,
} satisfies OperationContract;

export const listProposals = {
  id: 'listProposals',
  method: 'GET',
  path: `${ROOT}/proposals`,
  status: 200,
  scope: 'platform:read',
  summary: 'Proposals, newest first.',
  response: z.object({ proposals: z.array(Proposal) }),
} satisfies OperationContract;

export const approveProposal = {
  id: 'approveProposal',
  method: 'POST',
  path: `${ROOT}/proposals/:id/approve`,
  status: 200,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Let it take effect. 403 for whoever proposed it; what the act itself refuses leaves it open.',
  response: Proposal,
} satisfies OperationContract;

export const declineProposal = {
  id: 'declineProposal',
  method: 'POST',
  path: `${ROOT}/proposals/:id/decline`,
  status: 200,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'End it without effect; by whoever proposed it, withdraw it.',
  response: Proposal,
} satisfies OperationContract;
