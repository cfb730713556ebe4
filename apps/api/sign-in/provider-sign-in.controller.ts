import { Body, Controller, Header, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { UrlsOfConnections } from '#apps/api/sign-in/connection-urls';
import { ProviderSignIns } from '#apps/api/sign-in/provider-sign-ins';
import { samlMetadata } from '#apps/api/sign-in/saml-metadata';
import {
  answerSaml,
  finishSaml,
  finishSignIn,
  getSamlMetadata,
  type SamlAnswer,
  type SignInStart,
  startSignIn,
} from '#contracts/native/connections';
import type { NamedRefusal } from '#contracts/problems';
import { domainOf } from '#core/access/domains';
import type { SignedInTo } from '#features/sign-in/arrivals';
import { KnownConnections } from '#features/sign-in/known-connections.service';
import { OidcSignIn } from '#features/sign-in/oidc-sign-in.service';
import { SamlSignIn } from '#features/sign-in/saml-sign-in.service';

const UNKNOWN_DOMAIN: NamedRefusal = {
  refused: 'not_found',
  detail: 'No identity provider is connected for this e-mail domain: ask an owner of your organization, or sign in by password as an owner',
};

/** The way through an identity provider. Browsers walk it by themselves, so what goes wrong leads to the page where one signs in. */
@Controller()
export class ProviderSignInController {
  constructor(
    private readonly connections: KnownConnections,
    private readonly signIns: ProviderSignIns,
    private readonly oidc: OidcSignIn,
    private readonly saml: SamlSignIn,
    private readonly urls: UrlsOfConnections,
    private readonly cookie: SessionCookie,
  ) {}

  @Operation(startSignIn)
  async start(@Query(valid(startSignIn.query, 'query')) { email, returnTo }: SignInStart, @Res() reply: FastifyReply): Promise<void> {
    const connection = await this.connections.forDomain(domainOf(email));
    if (!connection) return this.turnedAway(reply, UNKNOWN_DOMAIN);
    const begun = await this.signIns.start(connection, { email, returnTo });
    if ('refused' in begun) return this.turnedAway(reply, begun);
    const { url, browser } = begun;
    await reply.header('set-cookie', this.cookie.keepPending(browser)).header('cache-control', 'no-store').redirect(url, 303);
  }

  @Operation(finishSignIn)
  async finish(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { cookie } = request.headers;
    const current = new URL(this.urls.oidc(idOf(id)));
    current.search = new URL(request.url, current).search;
    const way = { current, browser: this.cookie.pendingIn(cookie), replaces: this.cookie.tokenIn(cookie) };
    await this.signedIn(reply, await this.oidc.finish(idOf(id), way));
  }

  @Operation(getSamlMetadata)
  @Header('content-type', 'application/samlmetadata+xml')
  async metadata(@Param('id') id: string): Promise<string> {
    if (!(await this.connections.isSaml(idOf(id)))) return accepted<never>({ refused: 'not_found', detail: 'Not found' });
    return samlMetadata(this.urls.saml(idOf(id)));
  }

  /** Sent by the provider's page: what the browser knows of us does not come with it, and is not looked at. */
  @Operation(answerSaml)
  async answer(
    @Param('id') id: string,
    @Body(valid(answerSaml.body)) { SAMLResponse, RelayState }: SamlAnswer,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const given = { samlResponse: SAMLResponse, relayState: RelayState };
    const answer = await this.saml.answer(idOf(id), given, this.urls.saml(idOf(id)));
    await reply
      .header('cache-control', 'no-store')
      .redirect('refused' in answer ? problemPage(answer) : this.urls.arrival(idOf(id), answer.code), 303);
  }

  @Operation(finishSaml)
  async arrive(
    @Param('id') id: string,
    @Query(valid(finishSaml.query, 'query')) { code }: z.infer<typeof finishSaml.query>,
    @Req() { headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const way = { code, browser: this.cookie.pendingIn(headers.cookie), replaces: this.cookie.tokenIn(headers.cookie) };
    await this.signedIn(reply, await this.saml.finish(idOf(id), way));
  }

  private async signedIn(reply: FastifyReply, outcome: SignedInTo | NamedRefusal): Promise<void> {
    if ('refused' in outcome) return this.turnedAway(reply, outcome);
    const { token, returnTo } = outcome;
    await reply
      .header('set-cookie', [...(token ? [this.cookie.keep(token)] : []), this.cookie.forgetPending()])
      .header('cache-control', 'no-store')
      .redirect(returnTo, 303);
  }

  private async turnedAway(reply: FastifyReply, refusal: NamedRefusal): Promise<void> {
    const forget = this.cookie.forgetPending();
    await reply.header('set-cookie', forget).header('cache-control', 'no-store').redirect(problemPage(refusal), 303);
  }
}

/** The page that says what happened, by the problem's name; of SAML also which rule was broken, which helps whoever sets it up. */
function problemPage({ refused, facts }: NamedRefusal): string {
  const rule = facts?.rule;
  return `/sign-in?${new URLSearchParams({ problem: refused, ...(typeof rule === 'string' && { rule }) })}`;
}
