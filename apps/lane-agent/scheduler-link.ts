import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type RawData, WebSocket } from 'ws';
import { type AgentMessage, LANES_PATH, MAX_MESSAGE_BYTES, SchedulerMessage } from '#contracts/lanes/messages';

export interface SchedulerLinkSettings {
  /** Where schedulers may be found, leader and standbys alike. */
  urls: readonly string[];
  nodeToken: string;
  heartbeatEveryMs: number;
  /** After so long without a word from a scheduler that knows this node, the node is alone. */
  aloneLimitMs: number;
}

/** What the link says to its agent, and asks it. */
export interface SchedulerListener {
  registration(): AgentMessage & { type: 'register' };
  heartbeat(): AgentMessage & { type: 'heartbeat' };
  hear(message: SchedulerMessage): void;
  alone(): void;
}

const HANDSHAKE_LIMIT_MS = 2_000;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;

/**
 * The node's stream to the scheduler. It tries one address after the other, or the leader that a standby named, until one registers the
 * node, and starts again whenever the stream ends or falls silent.
 */
export class SchedulerLink {
  private readonly logger = new Logger(SchedulerLink.name);
  private readonly events = new EventEmitter<{ registered: [] }>();
  private readonly closing = new AbortController();
  private socket: WebSocket | undefined;
  private registered = false;
  private alone = true;
  private aloneTimer: NodeJS.Timeout | undefined;
  private leaderUrl: string | undefined;
  private nextUrl = 0;
  /** Connections since one was registered. */
  private tries = 0;

  constructor(
    private readonly settings: SchedulerLinkSettings,
    private readonly listener: SchedulerListener,
  ) {
    this.events.setMaxListeners(0); // each stage that waits for a scheduler listens
  }

  start(): void {
    void this.keepConnected();
  }

  /** Ends the stream in order: what was sent before arrives. */
  close(): void {
    clearTimeout(this.aloneTimer);
    this.closing.abort();
    this.socket?.close();
  }

  get isRegistered(): boolean {
    return this.registered;
  }

  /** Lost while there is no registered stream: what must arrive is said again after `registered`. */
  send(message: AgentMessage): void {
    if (this.registered) this.write(message);
  }

  /** Whether a scheduler was heard within the limit; if not, waits as long for one. Rejects when `signal` is aborted. */
  async isHeard(signal: AbortSignal): Promise<boolean> {
    if (!this.alone) return true;
    const limit = AbortSignal.timeout(this.settings.aloneLimitMs);
    await once(this.events, 'registered', { signal: AbortSignal.any([signal, limit]) }).catch(() => signal.throwIfAborted());
    return !this.alone;
  }

  private async keepConnected(): Promise<void> {
    while (!this.closing.signal.aborted) {
      const url = this.leaderUrl ?? this.settings.urls[this.nextUrl++ % this.settings.urls.length]!;
      this.leaderUrl = undefined;
      this.tries += 1;
      await this.talk(url).catch((error: unknown) => this.logger.warn(`The scheduler's address is not usable.`, error));
      const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.tries) * (0.5 + Math.random() / 2);
      await delay(backoffMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** One connection, from handshake to close. */
  private async talk(url: string): Promise<void> {
    const socket = new WebSocket(lanesUrlOf(url), {
      headers: { authorization: `Bearer ${this.settings.nodeToken}` },
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    this.socket = socket;
    // Half of the limit, so that there is time to find another scheduler before the node counts as alone.
    const silence = setTimeout(() => socket.terminate(), this.settings.aloneLimitMs / 2);
    const heartbeats = setInterval(() => this.send(this.listener.heartbeat()), this.settings.heartbeatEveryMs);

    socket.on('open', () => this.write(this.listener.registration()));
    socket.on('message', (data) => {
      silence.refresh();
      this.hear(data, url);
    });
    socket.on('error', (error) => this.logger.warn(`The stream to ${url} failed: ${error.message}`));
    await new Promise((resolve) => socket.once('close', resolve));
    clearTimeout(silence);
    clearInterval(heartbeats);
    this.registered = false;
  }

  private hear(data: RawData, url: string): void {
    const message = parsed(data);
    if (message?.type === 'registered') {
      this.registered = true;
      this.tries = 0;
    }
    if (this.registered) this.heard();
    if (!message) this.logger.warn(`A message of the scheduler at ${url} is not of the lane protocol and was left out.`);
    else if (message.type === 'leader') this.follow(message.url, url);
    else this.listener.hear(message);
    if (message?.type === 'registered') this.events.emit('registered');
  }

  private heard(): void {
    if (this.closing.signal.aborted) return;
    this.alone = false;
    if (this.aloneTimer) this.aloneTimer.refresh();
    else this.aloneTimer = setTimeout(() => this.becomeAlone(), this.settings.aloneLimitMs);
  }

  private becomeAlone(): void {
    this.alone = true;
    this.listener.alone();
  }

  /** The next connection goes to the leader; never from an encrypted stream to one that shows the token to the network. */
  private follow(leaderUrl: string | null, from: string): void {
    if (leaderUrl && !(isEncrypted(from) && !isEncrypted(leaderUrl))) this.leaderUrl = leaderUrl;
    this.socket?.close();
  }

  private write(message: AgentMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message), () => undefined); // failures end in `close`
  }
}

function lanesUrlOf(url: string): URL {
  const lanesUrl = new URL(url);
  if (lanesUrl.pathname === '/') lanesUrl.pathname = LANES_PATH;
  return lanesUrl;
}

function isEncrypted(url: string): boolean {
  return /^(wss|https):/i.test(url);
}

function parsed(data: RawData): SchedulerMessage | undefined {
  try {
    return SchedulerMessage.safeParse(JSON.parse(String(data))).data;
  } catch {
    return undefined;
  }
}
