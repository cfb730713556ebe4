import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '#web/parts/theme/theme.css';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { type AnyRouter, RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { configureClient } from '#web/parts/api/problem';
import { queryClient } from '#web/parts/api/query-client';
import { configureSession } from '#web/parts/api/session';
import { styleNonce } from '#web/parts/theme/nonce';
import { cssVariablesResolver, theme } from '#web/parts/theme/theme';
import { preferredLanguage, speak } from '#web/parts/words/language';

/** Brings an app of ours to life in its page. */
export async function startApp(router: AnyRouter): Promise<void> {
  configureClient();
  configureSession();
  await speak(preferredLanguage());
  createRoot(document.getElementById('app') as HTMLElement).render(
    <I18nProvider i18n={i18n}>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto" getStyleNonce={() => styleNonce}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Notifications position="bottom-right" />
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>,
  );
}
