import { PLACES } from '#web/admin/places';
import { SessionGate } from '#web/parts/shell/session-gate';
import { Shell } from '#web/parts/shell/shell';
import { NotFound } from '#web/parts/states/not-found';

/** Everything that operators see. To others it does not exist. */
export function AdminShell() {
  return (
    <SessionGate signInPath="/admin/sign-in">
      {({ isStaff }) =>
        isStaff ? (
          <Shell
            places={PLACES}
            hrefOf={(page) => (page === '/' ? '/admin' : `/admin${page}`)}
            scope={<strong>Halogen operations</strong>}
          />
        ) : (
          <main style={{ padding: 24 }}>
            <NotFound />
          </main>
        )
      }
    </SessionGate>
  );
}
