import type { ConnectionUrls } from '#features/sign-in/saml-sign-in.service';

/** What an identity provider has to know of us. Both URLs are our own, of an id: nothing in them needs escaping. */
export function samlMetadata({ assertionUrl, entityId }: ConnectionUrls): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="false" WantAssertionsSigned="true">
    <AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${assertionUrl}"/>
  </SPSSODescriptor>
</EntityDescriptor>
`;
}
