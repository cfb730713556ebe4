import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type AgentMessage, LANES_PATH, SchedulerMessage } from '#contracts/lanes/messages';

/** Speaks the lane protocol, and remembers what it was told until a test asks. */
export class TestAgent {
  private readonly heard: SchedulerMessage[] = [];
  private readonly waiting: { type: string; resolve(message: SchedulerMessage): void }[] = [];

  static async connect(port: number, token: string): Promise<TestAgent> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${LANES_PATH}`, { headers: { authorization: `Bearer ${token}` } });
    const agent = new TestAgent(socket);
    await once(socket, 'open');
    return agent;
  }

  private constructor(readonly socket: WebSocket) {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const message = SchedulerMessage.parse(JSON.parse(String(data)));
      const at = this.waiting.findIndex(({ type }) => type === message.type);
      if (at < 0) this.heard.push(message);
      else this.waiting.splice(at, 1)[0]?.resolve(message);
    });
  }

  send(message: AgentMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  async next(type: SchedulerMessage['type']): Promise<SchedulerMessage> {
    const at = this.heard.findIndex((message) => message.type === type);
    if (at >= 0) return this.heard.splice(at, 1)[0] as SchedulerMessage;
    return new Promise((resolve) => this.waiting.push({ type, resolve }));
  }

  /** Whether it has been told so by now. */
  heardOf(type: SchedulerMessage['type'], { generationId }: { generationId: string }): boolean {
    return this.heard.some((message) => message.type === type && 'generationId' in message && message.generationId === generationId);
  }

  close(): void {
    this.socket.terminate();
  }
}
