import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseAddress } from '#platform/http/outbound/address-blocks';

const TYPE_A = 1;
const TYPE_AAAA = 28;
const TYPE_TXT = 16;
const NAMES: Readonly<Record<number, string>> = { [TYPE_A]: 'A', [TYPE_AAAA]: 'AAAA', [TYPE_TXT]: 'TXT' };
const HEADER_BYTES = 12;

export interface TinyDnsServer {
  /** `127.0.0.1:port`, as HALOGEN_OUTBOUND_DNS takes it. */
  readonly address: string;
  /** Every question so far, such as `A hook.example`. */
  readonly questions: readonly string[];
  close(): void;
}

/**
 * A real DNS server for tests. `answer` gets the name and how often this name and type were asked before, and gives all
 * addresses of the name (each question gets those of its family) or, when asked for TXT, its texts of at most 255 bytes;
 * `silent` lets the question run into the deadline.
 */
export async function startTinyDnsServer(
  answer: (host: string, askedBefore: number, type: string) => readonly string[] | 'silent',
): Promise<TinyDnsServer> {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  socket.on('message', (message, peer) => {
    const { host, type, end } = questionOf(message);
    const typeName = NAMES[type] ?? String(type);
    const question = `${typeName} ${host}`;
    const answers = answer(host, questions.filter((asked) => asked === question).length, typeName);
    questions.push(question);
    if (answers === 'silent') return;

    const records = answers.flatMap((text) => {
      if (type === TYPE_TXT) return [recordOf(type, [text.length, ...Buffer.from(text, 'latin1')])];
      const bytes = parseAddress(text)?.toByteArray() ?? [];
      return bytes.length === (type === TYPE_A ? 4 : 16) ? [recordOf(type, bytes)] : [];
    });
    const header = Buffer.from(message.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(0x8180, 2); // an answer, recursion available, no error
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8); // neither authority nor additional records
    socket.send(Buffer.concat([header, message.subarray(HEADER_BYTES, end), ...records]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, questions, close: () => socket.close() };
}

function questionOf(message: Buffer): { host: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { host: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(type: number, bytes: readonly number[]): Buffer {
  // The question's name, class IN, TTL 0.
  const head = Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([head, Buffer.from(bytes)]);
}
