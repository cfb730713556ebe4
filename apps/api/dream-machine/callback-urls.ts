import { Inject, Injectable } from '@nestjs/common';
import { Refused } from '#apps/api/errors/refused';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';
import { judgeAddresses, parseTarget } from '#platform/http/outbound/outbound-target';

export const OUTBOUND_SETTINGS = Symbol('outbound settings');

/** Refuses URLs of customers that could never be called. Where a name leads is judged at each attempt, when it is resolved. */
@Injectable()
export class CallbackUrls {
  constructor(@Inject(OUTBOUND_SETTINGS) private readonly settings: OutboundSettings) {}

  /** @throws Refused */
  check(url: string | null, field = 'callback_url'): void {
    if (url === null) return;
    const target = parseTarget(url);
    const refusal = 'refusal' in target ? target.refusal : target.literal && judgeAddresses([target.literal], this.settings);
    if (refusal) throw new Refused('callback_refused', `${field} is refused. ${refusal.detail}`);
  }
}
