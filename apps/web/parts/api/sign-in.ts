import { client } from '#sdk/client.gen';
import { queryClient } from '#web/parts/api/query-client';
import { forgetSession, type Me, meQuery } from '#web/parts/api/session';

/** Opens a session by a password. @throws ProblemError */
export async function signInWithPassword(of: { email: string; password: string; asStaff: boolean }): Promise<Me> {
  const { email, password, asStaff } = of;
  const url = asStaff ? '/api/v1/operations/sign-in' : '/api/v1/sign-in';
  await client.post({ url, body: { email, password }, headers: { 'content-type': 'application/json' }, throwOnError: true });
  forgetSession();
  return queryClient.fetchQuery(meQuery);
}

/** Ends the session; the page is loaded anew, so that nothing read in it stays in memory. */
export async function signOut(): Promise<void> {
  await client.post({ url: '/api/v1/sign-out', throwOnError: true });
  location.assign('/sign-in');
}
