import { z } from 'zod';
import { TenantQuery, When } from '#contracts/native/common';
import { OurPath } from '#contracts/native/connections';
import type { OperationContract } from '#contracts/operation';
import { CLAIM_FINDINGS } from '#core/access/claims';

const Outcome = z
  .object({
    passed: z.boolean(),
    isByOwner: z.boolean().meta({ description: 'Whether the claims name an owner of the tenant.' }),
    tookEffect: z.boolean().meta({ description: 'Whether these settings are now what people sign in by.' }),
    rule: z.string().nullable().meta({ description: 'The rule that the answer broke.' }),
    detail: z.string().nullable(),
    findings: z.array(z.enum(CLAIM_FINDINGS)).meta({ description: 'What is wrong with the claims. Only `no_name` is no hindrance.' }),
    email: z.string().nullable(),
    emailClaim: z.string().nullable().meta({ description: 'The claim that was taken for the address.' }),
    name: z.string().nullable(),
    nameClaim: z.string().nullable(),
    claims: z.record(z.string(), z.array(z.string())).meta({ description: 'As they came, if they were proven.' }),
  })
  .meta({ id: 'SignInTestOutcome' });

const SignInTest = z
  .object({
    isOfNewest: z.boolean().meta({ description: 'Whether nothing was entered since.' }),
    startedAt: When,
    finishedAt: When.nullable(),
    outcome: Outcome.nullable().meta({ description: 'Null while the provider has not answered.' }),
  })
  .meta({ id: 'SignInTest' });

export const StartTest = z.object({ returnTo: OurPath.meta({ description: 'The page that shows the outcome.' }) });
export type StartTest = z.infer<typeof StartTest>;

export const startConnectionTest = {
  id: 'startSignInTest',
  method: 'POST',
  path: '/api/v1/sign-in/connections/:id/test',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary:
    'Sign in by the newest settings of a connection, as a test: it lets nobody in, shows what came, and brings what passes into effect.',
  query: TenantQuery,
  body: StartTest,
  response: z.object({ url: z.string().meta({ description: 'Where this browser goes now.' }) }),
} satisfies OperationContract;

export const getConnectionTest = {
  id: 'getSignInTest',
  method: 'GET',
  path: '/api/v1/sign-in/connections/:id/test',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'The last test of a connection, with what the identity provider said.',
  query: TenantQuery,
  response: z.object({ test: SignInTest.nullable() }),
} satisfies OperationContract;
