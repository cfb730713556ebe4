import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import type { ReceivedCall } from '#testing/callback-receiver';
import { pythonWith } from '#testing/python-venv';

/** One line asks about one call, one line answers: `ok`, or why the call is not believed. */
const PYTHON_VERIFIER = `
import json, sys
from standardwebhooks import Webhook
for line in sys.stdin:
    given = json.loads(line)
    try:
        Webhook(given["secret"]).verify(given["text"], given["headers"])
        print("ok", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
`;

/** What customers verify webhooks with: the npm and the PyPI package `standardwebhooks`, which know nothing of us. */
export class PublishedVerifiers {
  private readonly answers: AsyncIterator<string>;

  private constructor(
    private readonly python: ChildProcessByStdio<Writable, Readable, null>,
    lines: Interface,
  ) {
    this.answers = lines[Symbol.asyncIterator]();
  }

  static async start(): Promise<PublishedVerifiers> {
    const python = spawn(await pythonWith(['standardwebhooks==1.1.0']), ['-c', PYTHON_VERIFIER], { stdio: ['pipe', 'pipe', 'inherit'] });
    return new PublishedVerifiers(python, createInterface({ input: python.stdout }));
  }

  /** @throws when one of them does not believe one of the calls, or is given none */
  async verify(calls: readonly ReceivedCall[], secret: string): Promise<void> {
    if (calls.length === 0) throw new Error('no call to verify');
    for (const { text, headers } of calls) new Webhook(secret).verify(text, headers as Record<string, string>);
    const asked = calls.map(({ text, headers }) => JSON.stringify({ secret, text, headers: signatureOf(headers) })).join('\n');
    this.python.stdin.write(`${asked}\n`);
    for (const { place } of calls) {
      const { value } = await this.answers.next();
      if (value !== 'ok') throw new Error(`the PyPI verifier does not believe call ${place}: ${value ?? 'it has ended'}`);
    }
  }

  /** Each call by one of the secrets that signed at some time. @throws when no secret fits a call */
  async verifyByAny(calls: readonly ReceivedCall[], secrets: readonly string[]): Promise<void> {
    const bySecret = Map.groupBy(calls, (call) => secrets.find((secret) => isBelieved(call, secret)));
    for (const [secret, ofSecret] of bySecret) await this.verify(ofSecret, secret ?? (secrets[0] as string));
  }

  async stop(): Promise<void> {
    this.python.stdin.end();
    if (this.python.exitCode === null) await once(this.python, 'exit');
  }
}

function isBelieved({ text, headers }: ReceivedCall, secret: string): boolean {
  try {
    new Webhook(secret).verify(text, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function signatureOf(headers: ReceivedCall['headers']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('webhook-')));
}
