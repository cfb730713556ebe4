import { queryOptions, useQuery } from '@tanstack/react-query';
import { client } from '#sdk/client.gen';
import { queryClient } from '#web/parts/api/query-client';

/** Who is signed in, in which tenants they may act, and what they may do there. */
export interface Me {
  person: { id: string; email: string; name: string };
  isStaff: boolean;
  csrfToken: string;
  tenants: MyTenant[];
}

export interface MyTenant {
  id: string;
  name: string;
  role: string;
  actions: string[];
  brands: { id: string; name: string }[];
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Me> => {
    const { data } = await client.get<{ 200: Me }, unknown, true>({ url: '/api/v1/me', signal, throwOnError: true });
    csrfToken = data.csrfToken;
    return data;
  },
});

export function useMe(): Me | undefined {
  return useQuery(meQuery).data;
}

let csrfToken: string | undefined;
let actingIn: string | undefined;
/** What this page does is done with what a set-up link opened, also where its browser has a person's session. */
let isSettingUp = false;

const WITHOUT_CSRF = new Set(['GET', 'HEAD']);

/** Every request says for which tenant it is, and every write proves that it comes from a page of ours. */
export function configureSession(): void {
  client.interceptors.request.use((request) => {
    for (const [name, value] of Object.entries(sessionHeaders(request.method))) request.headers.set(name, value);
    return request;
  });
}

export function sessionHeaders(method: string): Record<string, string> {
  return {
    ...(isSettingUp && { 'x-halogen-setup': '1' }),
    ...(actingIn && { 'x-halogen-tenant': actingIn }),
    ...(csrfToken && !WITHOUT_CSRF.has(method) && { 'x-halogen-csrf': csrfToken }),
  };
}

/** From here on requests are those of a set-up. @param token the proof of its writes, once it is known */
export function beginSetup(token: string | undefined): void {
  isSettingUp = true;
  csrfToken = token;
}

/** From here on requests are a guest's. @param token the proof of their writes */
export function beginVisit(token: string): void {
  csrfToken = token;
}

/** From here on requests are for this tenant; what was read for another one is forgotten. */
export function actIn(tenantId: string): void {
  if (actingIn === tenantId) return;
  if (actingIn) queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
  actingIn = tenantId;
}

/** Forgets all that was read, so that the next person on this machine sees nothing of it. */
export function forgetSession(): void {
  csrfToken = undefined;
  actingIn = undefined;
  queryClient.clear();
}

export function actingTenant(): string | undefined {
  return actingIn;
}
