import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { type Address, parseAddress } from '#platform/http/outbound/address-blocks';

/** Node's own 250 ms would give up on every distant host that has two addresses. */
const ADDRESS_ATTEMPT_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Connects to one of the judged addresses and to nothing else. A name goes through `lookup`, which answers only them; an IP
 * literal skips `lookup`, so the peer is compared once more when the socket stands.
 */
export function connectorTo(addresses: readonly Address[]): buildConnector.connector {
  const judged = addresses.map((address) => address.toString());
  const answers = judged.map((address) => ({ address, family: isIP(address) }));
  const lookup: LookupFunction = (_host, options, callback) => {
    if (options.all) callback(null, answers);
    else callback(null, answers[0]!.address, answers[0]!.family);
  };
  const connect = buildConnector({
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_TIMEOUT_MS,
    timeout: CONNECT_TIMEOUT_MS,
    allowH2: false,
  } as buildConnector.BuildOptions);
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      const peer = parseAddress(socket.remoteAddress ?? '')?.toString();
      if (peer !== undefined && judged.includes(peer)) return callback(null, socket);
      socket.destroy();
      return callback(new Error(`Connected to ${peer}, which was not judged.`), null);
    });
}
