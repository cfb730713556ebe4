import { type Answer, ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { GROUP, USER } from '#core/directory/attributes';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Speaks SCIM as an identity provider does, with a token that an owner has made. */
export class ScimProvider {
  private constructor(
    private readonly api: ApiUnderTest,
    readonly token: string,
    readonly tokenId: string,
  ) {}

  static async of(api: ApiUnderTest, owner: SignedIn): Promise<ScimProvider> {
    const { body } = await api.call(owner, 'POST', '/api/v1/directory/tokens');
    return new ScimProvider(api, body.token, body.id);
  }

  call(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer> {
    return this.api.call(this.token, method, `/scim/v2${path}`, body, {
      ...(body !== undefined && { 'content-type': 'application/scim+json' }),
      ...more,
    });
  }

  /** @returns the id */
  async user(userName: string, more: object = {}): Promise<string> {
    const { body } = await this.call('POST', '/Users', { schemas: [USER.id], userName, ...more });
    return body.id;
  }

  /** @returns the id */
  async group(displayName: string, ...userIds: string[]): Promise<string> {
    const members = userIds.map((value) => ({ value }));
    const { body } = await this.call('POST', '/Groups', { schemas: [GROUP.id], displayName, members });
    return body.id;
  }

  patch(path: string, ...Operations: object[]): Promise<Answer> {
    return this.call('PATCH', path, { schemas: [PATCH_OP], Operations });
  }
}
