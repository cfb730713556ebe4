import { EventEmitter, on } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { AgentMessage, LANES_PATH, type SchedulerMessage } from '#contracts/lanes/messages';
import type { LeaseRef } from '#core/generations/lease';

type Of<Type extends AgentMessage['type']> = Extract<AgentMessage, { type: Type }>;

/** The scheduler's side of the lane protocol for one node at a time, without a planner: a test decides what it says. */
export class LaneSchedulerDouble {
  /** Every message of every connection, in order. */
  readonly messages: AgentMessage[] = [];
  /** What it answers by itself; a test may fall silent or stop acknowledging. */
  answers = { registrations: true, heartbeats: true, freed: true };
  /** Leases to be named in `registered` as no longer the node's. */
  kill: LeaseRef[] = [];
  /** Set for a standby: it answers a registration with this address and closes. */
  leaderUrl: string | undefined;
  private readonly events = new EventEmitter<{ message: [AgentMessage]; connection: [] }>();
  private socket: WebSocket | undefined;

  private constructor(
    private readonly server: WebSocketServer,
    readonly nodeToken: string,
  ) {
    this.events.setMaxListeners(0);
    server.on('connection', (socket) => this.serve(socket));
  }

  static async listen(nodeToken: string): Promise<LaneSchedulerDouble> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      path: LANES_PATH,
      verifyClient: ({ req }: { req: { headers: { authorization?: string } } }) => req.headers.authorization === `Bearer ${nodeToken}`,
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return new LaneSchedulerDouble(server, nodeToken);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  say(message: SchedulerMessage): void {
    this.socket?.send(JSON.stringify(message));
  }

  /** The first message of this type, past or to come, that `matches`. Never resolves if there is none. */
  async heard<Type extends AgentMessage['type']>(type: Type, matches: (message: Of<Type>) => boolean = () => true): Promise<Of<Type>> {
    const wanted = (message: AgentMessage): message is Of<Type> => message.type === type && matches(message as Of<Type>);
    const past = this.messages.find(wanted);
    if (past) return past;
    for await (const [message] of on(this.events, 'message')) if (wanted(message)) return message;
    throw new Error('unreachable');
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.messages.length = 0;
  }

  /** Cuts the connection as a lost network would. */
  cut(): void {
    this.socket?.terminate();
  }

  async close(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: WebSocket): void {
    this.socket = socket;
    socket.on('message', (data) => {
      const message = AgentMessage.parse(JSON.parse(String(data)));
      this.messages.push(message);
      this.answer(message);
      this.events.emit('message', message);
    });
  }

  private answer(message: AgentMessage): void {
    if (message.type === 'register' && this.leaderUrl !== undefined) {
      this.say({ type: 'leader', url: this.leaderUrl });
      this.socket?.close();
    } else if (message.type === 'register' && this.answers.registrations) this.say({ type: 'registered', kill: this.kill });
    else if (message.type === 'heartbeat' && this.answers.heartbeats) this.say({ type: 'heartbeat_noted' });
    else if (message.type === 'freed' && this.answers.freed) this.say({ ...message, type: 'freed_noted' });
  }
}
