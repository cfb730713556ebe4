/** Why a request by SCIM is refused, in the words of RFC 7644 §3.12. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness';

/** A request that does not fit the protocol or what this directory keeps. Thrown, since it comes from deep inside of what is read. */
export class ScimRefusal extends Error {
  constructor(
    readonly scimType: ScimType,
    message: string,
  ) {
    super(message);
    this.name = 'ScimRefusal';
  }
}
