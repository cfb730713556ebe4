import { Logger } from '@nestjs/common';
import type { RawData, WebSocket } from 'ws';
import { AgentMessage, type SchedulerMessage } from '#contracts/lanes/messages';
import type { HaloService } from '#features/scheduling/halo.service';
import { NotLeader } from '#features/scheduling/leadership';
import type { NodeLink } from '#features/scheduling/node-roster';
import type { PoolScheduler } from '#features/scheduling/pool-scheduler';

const REGISTER_LIMIT_MS = 5_000;
/** An agent that does not read is cut off before its messages fill our memory. */
const MAX_UNSENT_BYTES = 8_000_000;

const POLICY_VIOLATION = 1_008;
const GOING_AWAY = 1_001;

/** One node's stream: validates what comes, and gives it to the scheduler that leads the node's pool class. */
export class NodeStream implements NodeLink {
  private readonly logger = new Logger(NodeStream.name);
  private scheduler: PoolScheduler | undefined;
  private state: 'new' | 'registering' | 'registered' = 'new';
  private registerTimer: NodeJS.Timeout | undefined;

  /** @param leaderUrl of the leader, if this process does not lead and knows it */
  constructor(
    private readonly socket: WebSocket,
    private readonly node: { nodeId: string; poolClass: string },
    private readonly halo: HaloService,
    private readonly leaderUrl: string | null,
  ) {}

  start(): void {
    this.socket.on('error', (error) => this.logger.warn(`the stream of ${this.node.nodeId} failed: ${error.message}`));
    this.scheduler = this.halo.schedulerOf(this.node.poolClass);
    if (this.scheduler) this.listen();
    else this.close(this.leaderUrl);
  }

  send(message: SchedulerMessage): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > MAX_UNSENT_BYTES) this.socket.terminate();
    else this.socket.send(JSON.stringify(message), () => undefined); // failures end in `close`
  }

  close(leaderUrl?: string | null): void {
    if (leaderUrl !== undefined) this.send({ type: 'leader', url: leaderUrl });
    this.socket.close(GOING_AWAY);
  }

  private listen(): void {
    this.registerTimer = setTimeout(() => this.socket.close(POLICY_VIOLATION, 'not registered'), REGISTER_LIMIT_MS);
    this.socket.on('message', (data, isBinary) => this.hear(data, isBinary));
    this.socket.on('close', () => {
      clearTimeout(this.registerTimer);
      this.scheduler?.unlinked(this.node.nodeId, this);
    });
  }

  private hear(data: RawData, isBinary: boolean): void {
    const message = isBinary ? undefined : parsed(data);
    if (!message) this.socket.close(POLICY_VIOLATION, 'not a message of the lane protocol');
    else if (message.type === 'register') void this.register(message);
    else if (this.state === 'registered') this.tell(message);
    else if (this.state === 'new') this.socket.close(POLICY_VIOLATION, 'register first');
    // While registering nothing is missed: heartbeats come again, and so do `began` and `freed` until they are answered.
  }

  private async register(message: Extract<AgentMessage, { type: 'register' }>): Promise<void> {
    if (this.state !== 'new' || message.poolClass !== this.node.poolClass) return this.socket.close(POLICY_VIOLATION, 'not its pool class');
    this.state = 'registering';
    clearTimeout(this.registerTimer);
    try {
      await this.scheduler?.register(this.node.nodeId, this, message);
      this.state = 'registered';
      if (this.socket.readyState !== this.socket.OPEN) this.scheduler?.unlinked(this.node.nodeId, this);
    } catch (error) {
      if (!(error instanceof NotLeader)) this.logger.warn(`${this.node.nodeId} could not be registered`, error);
      this.close(null);
    }
  }

  private tell(message: Exclude<AgentMessage, { type: 'register' }>): void {
    const { scheduler } = this;
    if (!scheduler) return;
    const { nodeId } = this.node;
    if (message.type === 'heartbeat') scheduler.heartbeat(nodeId, this, message);
    else if (message.type === 'began') scheduler.began(nodeId, message);
    else if (message.type === 'freed') scheduler.lanesFreed(nodeId, message);
    else scheduler.leaving(nodeId);
  }
}

function parsed(data: RawData): AgentMessage | undefined {
  try {
    return AgentMessage.safeParse(JSON.parse(String(data))).data;
  } catch {
    return undefined;
  }
}
