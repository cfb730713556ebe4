import type { IncomingHttpHeaders } from 'node:http';

/** Why a URL may not be called. The reasons are safe to show to the customer who gave the URL. */
export type RefusalReason = 'invalid_url' | 'scheme_not_allowed' | 'credentials_in_url' | 'address_not_public';

export interface Refusal {
  readonly reason: RefusalReason;
  /** One sentence for people; never repeats credentials. */
  readonly detail: string;
}

export type FailureReason = 'timeout' | 'dns' | 'connection_refused' | 'reset' | 'unreachable' | 'tls' | 'protocol' | 'network';

export type OutboundAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
      /** The answer was longer than `maxResponseBytes`; the rest was never read. */
      readonly bodyTruncated: boolean;
      readonly durationMs: number;
    }
  | ({ readonly kind: 'refused' } & Refusal)
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string; readonly durationMs: number };

const REASON_OF_CODE: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset', // undici: the other side closed before the answer was complete
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
};

/** Names a failure of the network or of the other side. Undefined: the error is none of these, so it is a bug of ours. */
export function failureReasonOf(error: unknown): FailureReason | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code in REASON_OF_CODE) return REASON_OF_CODE[code];
  if (error.name === 'HTTPParserError') return 'protocol';
  if (code.startsWith('ERR_TLS_') || code.startsWith('ERR_SSL_') || code === 'EPROTO' || isCertificateError(code)) return 'tls';
  if ('syscall' in error) return 'network';
  return undefined;
}

/** OpenSSL's verification codes, such as CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT, UNABLE_TO_VERIFY_LEAF_SIGNATURE. */
function isCertificateError(code: string): boolean {
  return /(^|_)(CERT|CERTIFICATE|CRL|ISSUER|SIGNATURE|CHAIN|CA)(_|$)/.test(code);
}
