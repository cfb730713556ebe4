import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to Postgres on which the answer to one commit does not arrive: the server has it, the process that sent it does not know. */
export interface HeldAnswers {
  /** The same URL, on this way. */
  through(url: string): string;
  /** From now on the answer to the first commit behind the statement is held back. Resolves when Postgres has given it. */
  holdCommitAfter(statement: string): Promise<void>;
  close(): Promise<void>;
}

const COMMIT = Buffer.from('COMMIT\0');

export async function holdAnswers(postgresUrl: string): Promise<HeldAnswers> {
  const postgres = new URL(postgresUrl);
  const sockets = new Set<Socket>();
  let wanted: { statement: Buffer; isHeld: () => void } | undefined;

  const server = createServer((client) => {
    const onward = connect(Number(postgres.port), postgres.hostname);
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => {}); // `close` follows
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    let isInside = false;
    let holding: (() => void) | undefined;
    let held = Buffer.alloc(0);
    client.on('data', (sent) => {
      if (wanted && sent.includes(wanted.statement)) isInside = true;
      if (wanted && isInside && sent.includes(COMMIT)) {
        holding = wanted.isHeld;
        wanted = undefined;
      }
      onward.write(sent);
    });
    onward.on('data', (answered) => {
      if (!holding) {
        client.write(answered);
        return;
      }
      held = Buffer.concat([held, answered]);
      if (held.includes(COMMIT)) holding(); // the answer names its command: behind that of the last statement
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    through: (url) => {
      const proxied = new URL(url);
      proxied.port = String((server.address() as AddressInfo).port);
      return proxied.href;
    },
    holdCommitAfter: (statement) =>
      new Promise((resolve) => {
        wanted = { statement: Buffer.from(statement), isHeld: resolve };
      }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
