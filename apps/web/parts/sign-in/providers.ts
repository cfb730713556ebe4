import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Provider } from '#core/access/connection';
import type { SignInConnection } from '#sdk/types.gen';

/** What is done at one provider, and what its page calls our values. */
export interface ProviderGuide {
  name: string;
  steps: readonly MessageDescriptor[];
  values(connection: SignInConnection): readonly { name: string; value: string }[];
}

const ASSIGN = msg`Assign the application to the people or groups who work with Halogen.`;

/** Names in quotes are those of the providers' own pages, which are English in every account. */
export const PROVIDER_GUIDES: Readonly<Record<Provider, ProviderGuide>> = {
  okta: {
    name: 'Okta',
    steps: [
      msg`In the Okta admin console open “Applications”, choose “Create App Integration”, then “SAML 2.0”.`,
      msg`Enter these values. “Name ID format” is “EmailAddress”, “Application username” is “Email”.`,
      msg`Add the attribute statements “email” (user.email) and “displayName” (user.displayName).`,
      ASSIGN,
      msg`Copy the “Metadata URL” from the tab “Sign On”, and enter it below.`,
    ],
    values: ({ callbackUrl, entityId }) => [
      { name: 'Single sign-on URL', value: callbackUrl },
      { name: 'Audience URI (SP Entity ID)', value: entityId ?? '' },
    ],
  },
  entra: {
    name: 'Microsoft Entra ID',
    steps: [
      msg`In the Entra admin center open “Enterprise applications”, choose “New application”, then “Create your own application”.`,
      msg`Open “Single sign-on”, choose “SAML”, and enter these values under “Basic SAML Configuration”.`,
      msg`Under “Attributes & Claims” keep “emailaddress” (user.mail), and add “displayName” (user.displayname).`,
      ASSIGN,
      msg`Copy the “App Federation Metadata Url”, and enter it below.`,
    ],
    values: ({ callbackUrl, entityId }) => [
      { name: 'Identifier (Entity ID)', value: entityId ?? '' },
      { name: 'Reply URL (Assertion Consumer Service URL)', value: callbackUrl },
    ],
  },
  google: {
    name: 'Google Workspace',
    steps: [
      msg`In the Google admin console open “Web and mobile apps”, choose “Add app”, then “Add custom SAML app”.`,
      msg`Choose “Download metadata”: it is the file that is asked for below.`,
      msg`Enter these values. “Name ID format” is “EMAIL”, “Name ID” is “Primary email”.`,
      msg`Map “Primary email” to “email” and “First name” to “displayName”.`,
      msg`Turn the app on for the people who work with Halogen.`,
    ],
    values: ({ callbackUrl, entityId }) => [
      { name: 'ACS URL', value: callbackUrl },
      { name: 'Entity ID', value: entityId ?? '' },
    ],
  },
  onelogin: {
    name: 'OneLogin',
    steps: [
      msg`In OneLogin open “Applications”, choose “Add App”, and search for “SAML Custom Connector (Advanced)”.`,
      msg`Enter these values in the tab “Configuration”. “SAML signature element” may be either.`,
      msg`In the tab “Parameters” add “email” and “displayName”, both with “Include in SAML assertion”.`,
      ASSIGN,
      msg`Copy the “Issuer URL” from the tab “SSO”, and enter it below as URL of the metadata.`,
    ],
    values: ({ callbackUrl, entityId }) => [
      { name: 'Audience (EntityID)', value: entityId ?? '' },
      { name: 'Recipient', value: callbackUrl },
      { name: 'ACS (Consumer) URL', value: callbackUrl },
      { name: 'ACS (Consumer) URL Validator', value: `^${callbackUrl.replaceAll(/[.?/]/g, '\\$&')}$` },
    ],
  },
  saml: {
    name: 'SAML 2.0',
    steps: [
      msg`Register Halogen as a service provider: import its metadata, or enter these values.`,
      msg`Let assertions be signed with RSA and SHA-256 or better, and not be encrypted.`,
      msg`Send the address as attribute “email” (or as name id) and the name as “displayName”.`,
      ASSIGN,
      msg`Enter the metadata of your identity provider below.`,
    ],
    values: ({ callbackUrl, entityId }) => [
      { name: 'Entity ID, URL of the metadata', value: entityId ?? '' },
      { name: 'Assertion consumer service (HTTP-POST)', value: callbackUrl },
    ],
  },
  oidc: {
    name: 'OpenID Connect',
    steps: [
      msg`Register a confidential web application with the authorization code flow and this redirect URI.`,
      msg`Allow the scopes “openid”, “email” and “profile”; the ID token must carry “email”.`,
      ASSIGN,
      msg`Enter the issuer, the client id and the client secret below.`,
    ],
    values: ({ callbackUrl }) => [{ name: 'Redirect URI', value: callbackUrl }],
  },
};
