import { Trans, useLingui } from '@lingui/react/macro';
import { Button, PasswordInput, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ProblemError } from '#web/parts/api/problem';
import { signInWithPassword } from '#web/parts/api/sign-in';
import styles from '#web/parts/shell/sign-in-page.module.css';

/**
 * The way in. Afterwards one is where one wanted to be.
 * @param problem why the way through an identity provider led back here, and of SAML the rule that was broken
 */
export function SignInPage({ asStaff = false, back, problem, rule }: { asStaff?: boolean; back: string; problem?: string; rule?: string }) {
  const { t } = useLingui();
  const form = useForm({ mode: 'uncontrolled', initialValues: { email: '', password: '' } });
  const signIn = useMutation({
    mutationFn: (values: { email: string; password: string }) => signInWithPassword({ ...values, asStaff }),
    onSuccess: () => location.assign(ownPath(back)),
  });
  // By navigation: a form that is redirected to another site would need every customer's provider in the page's policy.
  const continueAtProvider = () => {
    const email = form.getValues().email.trim();
    if (!email.includes('@')) form.setFieldError('email', t`Enter your e-mail address first`);
    else location.assign(`/api/v1/sign-in/start?${new URLSearchParams({ email, returnTo: ownPath(back) })}`);
  };
  useEffect(() => {
    document.title = `${t`Sign in`} · Halogen`;
  }, [t]);
  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
        <Title order={1}>{asStaff ? <Trans>Sign in to Halogen operations</Trans> : <Trans>Sign in to Halogen</Trans>}</Title>
        {problem && (
          <p role="alert" className={styles.refused}>
            {problem === 'not_found' ? (
              <Trans>No identity provider is connected for this e-mail address. Ask an owner of your organization.</Trans>
            ) : (
              <Trans>Your identity provider’s answer could not be accepted. Try again, or ask an owner of your organization.</Trans>
            )}
            {rule && ` (${rule})`}
          </p>
        )}
        <TextInput label={t`E-mail`} type="email" autoComplete="username" required {...form.getInputProps('email')} />
        <PasswordInput
          label={t`Password`}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ 'aria-label': t`Show password` }}
          {...form.getInputProps('password')}
        />
        {signIn.error && (
          <p role="alert" className={styles.refused}>
            {signIn.error instanceof ProblemError ? signIn.error.message : t`Sign-in failed`}
          </p>
        )}
        <Button type="submit" loading={signIn.isPending}>
          <Trans>Sign in</Trans>
        </Button>
        {!asStaff && (
          <Button variant="default" onClick={continueAtProvider}>
            <Trans>Continue with single sign-on</Trans>
          </Button>
        )}
      </form>
    </main>
  );
}

/** Only a path of ours: a link must not lead somebody who has just signed in to another site. */
export function ownPath(path: string): string {
  return /^\/(?![/\\])/.test(path) ? path : '/';
}
