import { Trans, useLingui } from '@lingui/react/macro';
import { Menu } from '@mantine/core';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { Fragment } from 'react';
import { useMe } from '#web/parts/api/session';
import { pathOf, useScope } from '#web/parts/scope/scope';
import styles from '#web/parts/shell/shell.module.css';

/** Chooses the agency or the brand that the pages are about. The page stays the same, its filters do not. */
export function ScopeSwitch() {
  const { t } = useLingui();
  const me = useMe();
  const navigate = useNavigate();
  const scope = useScope();
  const here = useRouterState({ select: ({ location }) => location.pathname });
  const page = `/${here.slice(scope.path('/').length).split('/')[1] ?? ''}`;
  const tenants = me?.tenants ?? [];
  const name = scope.brand?.name ?? scope.agency.name;
  return (
    <Menu position="bottom-start" shadow="md" width={240}>
      <Menu.Target>
        <button type="button" className={styles.wide} aria-label={t`Scope: ${name}`}>
          <span>
            <strong>{name}</strong>
          </span>
          <small aria-hidden>▾</small>
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={480} style={{ overflowY: 'auto' }}>
        {tenants.map((agency) => (
          <Fragment key={agency.id}>
            <Menu.Label>
              <Trans>Agency</Trans>
            </Menu.Label>
            <Menu.Item onClick={() => void navigate({ to: pathOf(tenants, agency, undefined, page) })}>{agency.name}</Menu.Item>
            {agency.brands.length > 0 && (
              <Menu.Label>
                <Trans>Brands of {agency.name}</Trans>
              </Menu.Label>
            )}
            {agency.brands.map((brand) => (
              <Menu.Item key={brand.id} onClick={() => void navigate({ to: pathOf(tenants, agency, brand, page) })}>
                {brand.name}
              </Menu.Item>
            ))}
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
