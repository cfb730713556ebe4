import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { FleetNode } from '#bench/lanes/fleet';
import { type AgentMessage, HEARTBEAT_EVERY_MS, LANES_PATH, type SchedulerMessage } from '#contracts/lanes/messages';
import type { LeaseRef } from '#core/generations/lease';

const RECONNECT_AFTER_MS = 100;
/** A scheduler that answers no heartbeat for so long is left: it may be stopped, with its connections open. */
const SILENT_AFTER_MS = 2_500;

/** The agent of one node as far as the lane protocol goes: registers, beats, gives lanes back at once when told, and finds the leader again. Runs nothing. */
export class SimulatedAgent {
  private socket: WebSocket | undefined;
  private isClosed = false;
  private isDead = false;
  private readonly living = new Map<string, LeaseRef>();
  private readonly freed = new Map<string, LeaseRef>();
  private readonly timer = setInterval(() => this.beat(), HEARTBEAT_EVERY_MS);
  private isRegistered = false;
  private heardAtMs = 0;
  private registered = Promise.withResolvers<void>();

  /** @param schedulerUrls `ws://host:port/lanes` of the leader and its standbys */
  constructor(
    private readonly node: FleetNode,
    private readonly schedulerUrls: readonly string[],
    /** The lease's lanes shall be given back: whatever plays its run must stop. */
    private readonly onStop: (lease: LeaseRef) => void,
    private readonly residentModels: readonly string[] = [],
  ) {
    void this.stayConnected();
  }

  /** Answers when a leader has taken the node in. */
  async whenRegistered(): Promise<void> {
    await this.registered.promise;
  }

  /** The lease's first stage runs here. @returns false on a node that is dead */
  began(lease: LeaseRef): boolean {
    if (this.isDead) return false;
    this.living.set(keyOf(lease), lease);
    this.send({ type: 'began', ...refOf(lease), stage: 'render' });
    return true;
  }

  /** The run has settled: its lanes were freed by that. */
  ended(lease: LeaseRef): void {
    this.living.delete(keyOf(lease));
  }

  /** As if its machine had lost power: its runs stop, it says nothing more and hears nothing more. */
  die(): void {
    this.isDead = true;
    for (const lease of this.living.values()) this.onStop(lease);
    this.socket?.terminate();
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    this.socket?.terminate();
  }

  private async stayConnected(): Promise<void> {
    let hint: string | null = null;
    for (let tries = 0; !this.isClosed && !this.isDead; tries += 1) {
      const url: string = hint ?? (this.schedulerUrls[tries % this.schedulerUrls.length] as string);
      hint = await this.connection(url);
      if (this.isRegistered) this.registered = Promise.withResolvers<void>();
      this.isRegistered = false;
      if (!hint) await pause(RECONNECT_AFTER_MS);
    }
  }

  /** Answers when the stream has ended. @returns where the leader is, if that was said */
  private connection(url: string): Promise<string | null> {
    return new Promise((resolve) => {
      let leaderUrl: string | null = null;
      const socket = new WebSocket(url.endsWith(LANES_PATH) ? url : `${url}${LANES_PATH}`, {
        headers: { authorization: `Bearer ${this.node.token}` },
      });
      this.socket = socket;
      this.heardAtMs = performance.now();
      socket.on('open', () => this.register());
      socket.on('message', (data) => {
        this.heardAtMs = performance.now();
        const message = JSON.parse(String(data)) as SchedulerMessage;
        if (message.type === 'leader') leaderUrl = message.url;
        else this.hear(message);
      });
      socket.on('error', () => socket.terminate());
      socket.on('close', () => resolve(leaderUrl));
    });
  }

  private register(): void {
    const { laneIds, poolClass } = this.node;
    this.send({
      type: 'register',
      lanes: laneIds.map((laneId) => ({ laneId })),
      poolClass,
      residentModels: [...this.residentModels],
      living: [...this.living.values()].map(refOf),
    });
  }

  private hear(message: Exclude<SchedulerMessage, { type: 'leader' }>): void {
    if (message.type === 'registered') {
      this.isRegistered = true;
      this.registered.resolve();
      for (const lease of message.kill) this.giveBack(lease);
    } else if (message.type === 'recall') this.giveBack(message);
    else if (message.type === 'freed_noted') this.freed.delete(keyOf(message));
  }

  private giveBack(lease: LeaseRef): void {
    const ref = refOf(lease);
    this.living.delete(keyOf(ref));
    this.freed.set(keyOf(ref), ref);
    this.onStop(ref);
    this.send({ type: 'freed', ...ref });
  }

  private beat(): void {
    if (this.isDead) return;
    if (performance.now() - this.heardAtMs > SILENT_AFTER_MS) this.socket?.terminate();
    this.send({ type: 'heartbeat', residentModels: [...this.residentModels], progress: [] });
    for (const lease of this.freed.values()) this.send({ type: 'freed', ...lease });
  }

  private send(message: AgentMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}

function refOf({ tenantId, generationId, fence }: LeaseRef): LeaseRef {
  return { tenantId, generationId, fence };
}
