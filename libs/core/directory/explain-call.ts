/** What a refused call means to whoever looks after the identity provider, and what they can do. By the reason that was noted with it. */
const WORDS = {
  expired:
    'The token had expired. It was replaced by a new one whose value has not been entered at the identity provider: enter it, or make another.',
  revoked: 'The token was revoked. Make a new one and enter it at the identity provider.',
  uniqueness:
    'Somebody else here has this user name, id or e-mail address already. The identity provider should look people up by userName before it makes them; or two of its accounts share an address.',
  last_owner:
    'This would have locked the last owner out of Halogen. Make another person an owner first; then the identity provider will succeed at its next try.',
  not_found:
    'It was deleted here, or never made. Most identity providers make it again at their next full synchronization; start one if it stays.',
  invalidFilter:
    'The identity provider searched by something that Halogen does not keep. Match people by userName, and groups by displayName.',
  invalidPath: 'An attribute is mapped that Halogen does not have. Remove it from the attribute mapping at the identity provider.',
  invalidValue: 'A value does not fit its attribute, or names somebody whom Halogen does not know. What is wrong is in the detail.',
  invalidSyntax: 'This was not a request of SCIM 2.0. Check that the application at the identity provider is set to SCIM 2.0 with JSON.',
  mutability: 'The identity provider tried to write what Halogen alone decides, such as an id. Remove it from the attribute mapping.',
  noTarget: 'The change named a value that is not there. A full synchronization at the identity provider usually repairs it.',
  precondition_failed: 'Two changes met. The identity provider reads it again and repeats; nothing is to be done.',
  limit_reached: 'A bound of the directory is reached: assign fewer people or groups to the application at the identity provider.',
  rate_limited:
    'The identity provider called more often than a directory takes in a minute. It repeats what was refused by itself; nothing is to be done unless it stays.',
  method_not_allowed:
    'The identity provider asked for something that SCIM does not have at this address. Check the base URL that was entered.',
  internal: 'Something failed on our side. The identity provider repeats it by itself.',
} as const;

/** @returns undefined for a reason without a story of its own: the detail says it all */
export function explainCall(reason: string | null): string | undefined {
  return WORDS[reason as keyof typeof WORDS];
}
