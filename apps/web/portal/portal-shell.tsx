import { useParams } from '@tanstack/react-router';
import { actIn, type Me } from '#web/parts/api/session';
import { scopeOf } from '#web/parts/scope/scope';
import { ScopeSwitch } from '#web/parts/scope/scope-switch';
import { SessionGate } from '#web/parts/shell/session-gate';
import { Shell } from '#web/parts/shell/shell';
import { NothingAtAll } from '#web/parts/states/not-found';
import { PLACES } from '#web/portal/places';

/** Everything about one agency or brand. */
export function PortalShell() {
  return <SessionGate signInPath="/sign-in">{(me) => <InScope me={me} />}</SessionGate>;
}

function InScope({ me }: { me: Me }) {
  const { agency, brand } = useParams({ strict: false }) as { agency: string; brand?: string };
  const scope = scopeOf(me.tenants, agency, brand);
  if (!scope) return <NothingAtAll />;
  actIn(scope.tenantId); // before the pages below ask for anything
  return (
    <Shell
      key={scope.tenantId}
      places={PLACES.filter(({ action }) => !action || scope.may(action))}
      hrefOf={scope.path}
      scope={<ScopeSwitch />}
    />
  );
}
