/** What Keycloak has to know of the two connections. */
export interface RealmOf {
  person: { email: string; password: string };
  oidc: { clientId: string; clientSecret: string; callbackUrl: string };
  saml: { entityId: string; callbackUrl: string };
}

export const REALM = 'halogen';
/** Last segment of the URL at which people begin at Keycloak. */
export const SAML_STARTS_AT = 'halogen-saml';

/** A realm with one person, and a client for each connection, as Keycloak imports it. */
export function realmOf({ person, oidc, saml }: RealmOf): object {
  const { email, password } = person;
  return {
    realm: REALM,
    enabled: true,
    sslRequired: 'none',
    users: [
      {
        username: email,
        email,
        emailVerified: true,
        firstName: 'Olga',
        lastName: 'Owner',
        enabled: true,
        credentials: [{ type: 'password', value: password }],
      },
    ],
    clients: [
      {
        clientId: oidc.clientId,
        protocol: 'openid-connect',
        secret: oidc.clientSecret,
        redirectUris: [oidc.callbackUrl],
        attributes: { 'pkce.code.challenge.method': 'S256' },
      },
      {
        clientId: saml.entityId,
        protocol: 'saml',
        redirectUris: [saml.callbackUrl],
        attributes: {
          saml_assertion_consumer_url_post: saml.callbackUrl,
          saml_idp_initiated_sso_url_name: SAML_STARTS_AT,
          'saml.authnstatement': 'true', // on by default only for clients made in its pages
          'saml.assertion.signature': 'true',
          'saml.server.signature': 'true',
          'saml.signature.algorithm': 'RSA_SHA256',
          'saml.client.signature': 'false',
          'saml.force.post.binding': 'true',
          saml_name_id_format: 'email',
          saml_force_name_id_format: 'true',
        },
        protocolMappers: [propertyMapper('email', 'email'), propertyMapper('firstName', 'displayName')],
      },
    ],
  };
}

function propertyMapper(property: string, attribute: string): object {
  return {
    name: attribute,
    protocol: 'saml',
    protocolMapper: 'saml-user-property-mapper',
    config: { 'user.attribute': property, 'attribute.name': attribute, 'attribute.nameformat': 'Basic' },
  };
}
