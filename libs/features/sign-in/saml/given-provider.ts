import { Injectable } from '@nestjs/common';
import type { SetProvider } from '#contracts/native/connections';
import type { NamedRefusal } from '#contracts/problems';
import { asProvider, readMetadata, type SamlProvider, UnusableProvider } from '#features/sign-in/saml/provider-metadata';
import { OutboundClient } from '#platform/http/outbound/outbound-client';

const METADATA_TIMEOUT_MS = 10_000;
const MAX_METADATA_BYTES = 256 * 1024;

type GivenSaml = Exclude<SetProvider, { clientId: string }>;

/** A SAML provider as somebody gives it: by the URL of its metadata, by the metadata themselves, or by its parts. */
@Injectable()
export class GivenSamlProvider {
  constructor(private readonly outbound: OutboundClient) {}

  async read(given: GivenSaml): Promise<SamlProvider | NamedRefusal> {
    try {
      if ('metadataXml' in given) return readMetadata(given.metadataXml);
      if ('metadataUrl' in given) return readMetadata(await this.fetched(given.metadataUrl));
      return asProvider(given);
    } catch (error) {
      if (error instanceof UnusableProvider) return { refused: 'unusable_input', detail: error.message };
      throw error;
    }
  }

  private async fetched(url: string): Promise<string> {
    const answer = await this.outbound.get({ url, headers: {}, timeoutMs: METADATA_TIMEOUT_MS, maxResponseBytes: MAX_METADATA_BYTES });
    if (answer.kind !== 'answered') throw new UnusableProvider(`The metadata could not be fetched: ${answer.detail}`);
    if (answer.status !== 200) throw new UnusableProvider(`The metadata could not be fetched: the answer was ${answer.status}`);
    if (answer.bodyTruncated) throw new UnusableProvider(`The metadata are longer than ${MAX_METADATA_BYTES} bytes`);
    return answer.body.toString('utf8');
  }
}
