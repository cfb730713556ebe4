/** What a resource has, in the terms of RFC 7643 §7. From these records come the published schemas, the reading of bodies, and PATCH. */
export interface Attribute {
  name: string;
  type: 'string' | 'boolean' | 'complex' | 'reference' | 'dateTime';
  description: string;
  multiValued: boolean;
  required: boolean;
  caseExact: boolean;
  mutability: 'readWrite' | 'readOnly' | 'immutable';
  returned: 'always' | 'default';
  uniqueness: 'none' | 'server';
  subAttributes?: readonly Attribute[];
  canonicalValues?: readonly string[];
  referenceTypes?: readonly string[];
}

export interface ResourceSchema {
  id: string;
  name: 'User' | 'Group';
  description: string;
  attributes: readonly Attribute[];
}

function attribute(name: string, description: string, more: Partial<Attribute> = {}): Attribute {
  const usual = { type: 'string', multiValued: false, required: false, caseExact: false } as const;
  return { name, description, ...usual, mutability: 'readWrite', returned: 'default', uniqueness: 'none', ...more };
}

/** Every resource has these; schemas do not list them. */
const COMMON: readonly Attribute[] = [
  attribute('id', 'Given by Halogen.', { caseExact: true, mutability: 'readOnly', returned: 'always' }),
  attribute('externalId', 'Given by the identity provider.', { caseExact: true }),
  attribute('meta', 'When it was made and changed.', {
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: [
      attribute('resourceType', 'User or Group.', { mutability: 'readOnly' }),
      attribute('created', 'When it was made.', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('lastModified', 'When it was changed last.', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('location', 'Its URL.', { type: 'reference', mutability: 'readOnly', referenceTypes: ['uri'] }),
      attribute('version', 'Its entity tag.', { caseExact: true, mutability: 'readOnly' }),
    ],
  }),
];

export const USER: ResourceSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A person of the organization',
  attributes: [
    attribute('userName', 'By which the person signs in; usually their e-mail address.', { required: true, uniqueness: 'server' }),
    attribute('name', 'The parts of the person’s name.', {
      type: 'complex',
      subAttributes: [
        attribute('formatted', 'The whole name.'),
        attribute('familyName', 'The family name.'),
        attribute('givenName', 'The given name.'),
      ],
    }),
    attribute('displayName', 'The name as others see it.'),
    attribute('active', 'Whether the person may come in.', { type: 'boolean' }),
    attribute('emails', 'E-mail addresses; the primary one, or else the one for work, is the person’s.', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        attribute('value', 'The address.'),
        attribute('type', 'What it is for.', { canonicalValues: ['work', 'home', 'other'] }),
        attribute('primary', 'Whether it is the first choice.', { type: 'boolean' }),
        attribute('display', 'The address for reading.'),
      ],
    }),
    attribute('groups', 'Groups that the person is in; changed through the groups.', {
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      subAttributes: [
        attribute('value', 'Id of the group.', { caseExact: true, mutability: 'readOnly' }),
        attribute('$ref', 'URL of the group.', { type: 'reference', mutability: 'readOnly', referenceTypes: ['Group'] }),
        attribute('display', 'Name of the group.', { mutability: 'readOnly' }),
        attribute('type', 'Always direct.', { mutability: 'readOnly', canonicalValues: ['direct'] }),
      ],
    }),
  ],
};

export const GROUP: ResourceSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'People who get the same roles',
  attributes: [
    attribute('displayName', 'The name of the group.', { required: true, uniqueness: 'server' }),
    attribute('members', 'People in the group.', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        attribute('value', 'Id of the person.', { caseExact: true, mutability: 'immutable' }),
        attribute('$ref', 'URL of the person.', { type: 'reference', mutability: 'immutable', referenceTypes: ['User'] }),
        attribute('type', 'Always User.', { mutability: 'immutable', canonicalValues: ['User'] }),
      ],
    }),
  ],
};

/** Of RFC 7643, and not kept: what is said about them is let pass and forgotten, since identity providers send all that they know. */
const NOT_KEPT = new Set(
  (
    'nickName profileUrl title userType preferredLanguage locale timezone password phoneNumbers ims photos addresses entitlements roles ' +
    'x509Certificates employeeNumber costCenter organization division department manager'
  )
    .toLowerCase()
    .split(' '),
);

/** The attribute of this name, however its letters are written; undefined for one that is not kept. */
export function attributeOf({ attributes }: Pick<ResourceSchema, 'attributes'>, name: string): Attribute | undefined {
  return named(attributes, name) ?? named(COMMON, name);
}

export function named(attributes: readonly Attribute[] | undefined, name: string): Attribute | undefined {
  const wanted = name.toLowerCase();
  return attributes?.find((one) => one.name.toLowerCase() === wanted);
}

export function isNotKept(name: string): boolean {
  return NOT_KEPT.has(name.toLowerCase());
}

/** What a body may say: its own attributes and the id of the identity provider. */
export function writableOf({ attributes }: ResourceSchema): readonly Attribute[] {
  return [...attributes, ...COMMON].filter(({ mutability }) => mutability !== 'readOnly');
}
