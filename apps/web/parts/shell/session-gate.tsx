import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ProblemError } from '#web/parts/api/problem';
import { type Me, meQuery } from '#web/parts/api/session';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';

/** Shows what is behind it to those who are signed in, and the way in to others. */
export function SessionGate({ signInPath, children }: { signInPath: string; children: (me: Me) => ReactNode }) {
  const { data: me, error, refetch } = useQuery(meQuery);
  const [here] = useState(() => location.pathname + location.search); // once: while it leads away, the place changes under it
  if (me) return children(me);
  if (error instanceof ProblemError && error.status === 401) return <Navigate to={signInPath} search={{ back: here }} replace />;
  return <main style={{ padding: 24 }}>{error ? <ErrorPanel error={error} retry={() => void refetch()} /> : <Loading />}</main>;
}
