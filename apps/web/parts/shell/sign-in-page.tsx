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
  const problemWord = useProblemWord();
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
      <form
        className={styles.form}
        onSubmit={form.onSubmit((values) => (values.password || asStaff ? signIn.mutate(values) : continueAtProvider()))}
      >
        <Title order={1}>{asStaff ? <Trans>Sign in to Halogen operations</Trans> : <Trans>Sign in to Halogen</Trans>}</Title>
        {problem && (
          <p role="alert" className={styles.refused}>
            {problemWord(problem, rule)}
          </p>
        )}
        <TextInput label={t`E-mail`} type="email" autoComplete="username" required {...form.getInputProps('email')} />
        {!asStaff && (
          <>
            <Button onClick={continueAtProvider}>
              <Trans>Continue with single sign-on</Trans>
            </Button>
            <p className={styles.or}>
              <Trans>Owners can also sign in by password, such as while the identity provider is away.</Trans>
            </p>
          </>
        )}
        <PasswordInput
          label={t`Password`}
          autoComplete="current-password"
          required={asStaff}
          visibilityToggleButtonProps={{ 'aria-label': t`Show password` }}
          {...form.getInputProps('password')}
        />
        {signIn.error && (
          <p role="alert" className={styles.refused}>
            {signIn.error instanceof ProblemError ? signIn.error.message : t`Sign-in failed`}
          </p>
        )}
        <Button type="submit" variant={asStaff ? 'filled' : 'default'} loading={signIn.isPending}>
          <Trans>Sign in</Trans>
        </Button>
      </form>
    </main>
  );
}

/** What went wrong at the identity provider, and who can help. A rule without a word of its own is named for whoever looks after it. */
function useProblemWord(): (problem: string, rule: string | undefined) => string {
  const { t } = useLingui();
  return (problem, rule) => {
    if (problem === 'not_found') return t`No identity provider is connected for this e-mail address. Ask an owner of your organization.`;
    if (rule === 'enforced_elsewhere')
      return t`People of your e-mail domain sign in by another identity provider. Enter your e-mail address to be led there.`;
    if (rule === 'directory_ended') return t`Your organization’s directory has ended your access here. Ask your IT.`;
    if (rule === 'not_in_directory') return t`Your organization’s directory does not have you here. Ask your IT to assign you.`;
    if (rule === 'no_role') return t`No group of yours has a role here. Ask your IT to assign you.`;
    const refused = t`Your identity provider’s answer could not be accepted. Try again, or ask an owner of your organization.`;
    return rule ? `${refused} (${rule})` : refused;
  };
}

/** Only a path of ours: a link must not lead somebody who has just signed in to another site. */
export function ownPath(path: string): string {
  return /^\/(?![/\\])/.test(path) ? path : '/';
}
