import { Trans, useLingui } from '@lingui/react/macro';
import { Button, FileInput, PasswordInput, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { setSignInProvider } from '#sdk/sdk.gen';
import type { SetSignInProviderData, SignInConnection } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Panel } from '#web/parts/panel/panel';
import styles from '#web/parts/panel/panel.module.css';

type Way = 'url' | 'file' | 'fields';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What the identity provider says of itself: by metadata or by its parts. */
export function ProviderForm({ connection }: { connection: SignInConnection }) {
  const { t } = useLingui();
  const { id, kind, provider } = connection;
  const [way, setWay] = useState<Way>(provider === 'google' ? 'file' : 'url');
  const enter = useAct({
    act: async (form: FormData) => {
      const body = kind === 'oidc' ? oidcIn(form) : await samlIn(form, way);
      return setSignInProvider({ path: { id }, body, throwOnError: true });
    },
    done: t`Entered the identity provider`,
    isInForm: true,
  });
  return (
    <Panel title={t`Your identity provider`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate(new FormData(event.currentTarget));
        }}
      >
        <Stack gap="sm" align="stretch">
          {kind === 'oidc' ? (
            <OidcFields connection={connection} />
          ) : (
            <>
              <SegmentedControl
                aria-label={t`How it is entered`}
                value={way}
                onChange={(value) => setWay(value as Way)}
                data={[
                  { value: 'url', label: t`Metadata by URL` },
                  { value: 'file', label: t`File` },
                  { value: 'fields', label: t`Fields` },
                ]}
              />
              <SamlFields way={way} connection={connection} />
            </>
          )}
          {enter.error && (
            <p role="alert" className={styles.refused}>
              {enter.error.message}
            </p>
          )}
          <div>
            <Button type="submit" loading={enter.isPending}>
              <Trans>Enter provider</Trans>
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  );
}

function OidcFields({ connection: { edited, tested } }: { connection: SignInConnection }) {
  const { t } = useLingui();
  const known = edited ?? tested;
  return (
    <>
      <TextInput name="issuer" type="url" required label={t`Issuer`} placeholder="https://" defaultValue={known?.issuer} />
      <TextInput name="clientId" required label={t`Client id`} defaultValue={known?.clientId ?? ''} />
      <PasswordInput
        name="clientSecret"
        required
        label={t`Client secret`}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': t`Show client secret` }}
      />
    </>
  );
}

function SamlFields({ way, connection: { edited, tested } }: { way: Way; connection: SignInConnection }) {
  const { t } = useLingui();
  const known = edited ?? tested;
  if (way === 'url') return <TextInput name="metadataUrl" type="url" required label={t`URL of the metadata`} placeholder="https://" />;
  if (way === 'file')
    return <FileInput name="metadata" required label={t`Metadata file (XML)`} placeholder={t`Choose a file`} accept=".xml,text/xml" />;
  return (
    <>
      <TextInput name="issuer" required label={t`Entity id of the identity provider`} defaultValue={known?.issuer} />
      <TextInput name="ssoUrl" type="url" required label={t`URL of single sign-on (HTTP-Redirect)`} defaultValue={known?.ssoUrl ?? ''} />
      <Textarea
        name="certificates"
        required
        autosize
        minRows={4}
        label={t`Certificates (PEM)`}
        description={t`Enter the one in use and the next one together: either may sign, so nobody is refused while the provider changes over.`}
      />
    </>
  );
}

type Given = NonNullable<SetSignInProviderData['body']>;

async function samlIn(form: FormData, way: Way): Promise<Given> {
  if (way === 'url') return { metadataUrl: textIn(form, 'metadataUrl') };
  if (way === 'file') return { metadataXml: await (form.get('metadata') as File).text() };
  const text = textIn(form, 'certificates');
  return { issuer: textIn(form, 'issuer'), ssoUrl: textIn(form, 'ssoUrl'), certificates: text.match(CERTIFICATE) ?? [text] };
}

function oidcIn(form: FormData): Given {
  return { issuer: textIn(form, 'issuer'), clientId: textIn(form, 'clientId'), clientSecret: textIn(form, 'clientSecret') };
}

function textIn(form: FormData, name: string): string {
  return String(form.get(name) ?? '').trim();
}
