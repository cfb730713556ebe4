import { getServers, Resolver } from 'node:dns/promises';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';

/** Asked besides the machine's own resolver, so that neither one stale cache nor one lying resolver decides. */
const PUBLIC_RESOLVERS = ['1.1.1.1', '8.8.8.8'];
const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;

/** Answers that say there is no such record. Anything else means that the resolver could not be asked. */
const NO_RECORD = new Set(['ENOTFOUND', 'ENODATA']);

/** The resolver that the operator named, alone; else the machine's first and two public ones. */
export function resolversFor({ dns }: Pick<OutboundSettings, 'dns'>): readonly string[] {
  return dns === undefined ? [...getServers().slice(0, 1), ...PUBLIC_RESOLVERS] : [dns];
}

/** TXT records as several resolvers tell them. */
export class TxtRecords {
  /** @param resolvers as `dns.Resolver.setServers` takes them */
  constructor(private readonly resolvers: readonly string[]) {}

  /** How many resolvers answered, and how many of them have this text among the records of the name. */
  async witnesses(name: string, text: string): Promise<{ answered: number; agreed: number }> {
    const answers = await Promise.all(this.resolvers.map((resolver) => recordsOf(name, resolver)));
    const heard = answers.filter((records) => records !== undefined);
    return { answered: heard.length, agreed: heard.filter((records) => records.includes(text)).length };
  }
}

/** @returns undefined when the resolver could not be asked */
async function recordsOf(name: string, server: string): Promise<string[] | undefined> {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  resolver.setServers([server]);
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return NO_RECORD.has(String(error.code)) ? [] : undefined;
  }
}
