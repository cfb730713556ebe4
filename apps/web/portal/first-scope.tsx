import { Trans } from '@lingui/react/macro';
import { Navigate } from '@tanstack/react-router';
import { pathOf } from '#web/parts/scope/scope';
import { SessionGate } from '#web/parts/shell/session-gate';

/** `/` leads to the first agency of whoever is signed in. */
export function FirstScope() {
  return (
    <SessionGate signInPath="/sign-in">
      {({ tenants }) => {
        const [first] = tenants;
        if (!first) {
          return (
            <main style={{ padding: 24 }}>
              <Trans>You are a member of no agency. Ask an owner of yours to add you.</Trans>
            </main>
          );
        }
        return <Navigate to={pathOf(tenants, first, undefined, '/')} replace />;
      }}
    </SessionGate>
  );
}
