import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import {
  type FinishQuestion,
  FinishTold,
  LeaderAnswer,
  type LeaderQuestion,
  readPayload,
  WAIT_ANSWERS,
  WAIT_QUESTIONS,
  type WaitQuestion,
  WaitTold,
} from '#contracts/queues/wait-questions';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';

/** A leader answers between two turns, so within some milliseconds unless it is busy or away. */
const ANSWER_WITHIN_MS = 500;
/** After a silence nobody is made to wait for an answer for so long. */
const SILENT_FOR_MS = 5_000;
/** More questions wait for an answer than anybody looks at: the next ones are not asked. */
const MAX_ASKED = 200;

/** Asks the leader of a pool class why a generation waits, and when a batch will be done. Without an answer in time that is unknown; nothing else depends on it. */
@Injectable()
export class WaitQuestions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly asked = new Map<string, (told: LeaderAnswer['told']) => void>();
  /** Pool class → until when it is not asked. */
  private readonly silentUntilMs = new Map<string, number>();
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(HotPool) private readonly db: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.stopListening = this.notifications.on(WAIT_ANSWERS, (payload) => this.hear(payload));
  }

  onModuleDestroy(): void {
    this.stopListening?.();
    for (const answer of this.asked.values()) answer(null);
  }

  async ask(of: Omit<WaitQuestion, 'ask'>): Promise<WaitTold | null> {
    return WaitTold.nullable()
      .catch(null)
      .parse(await this.toldOf({ ask: crypto.randomUUID(), ...of }));
  }

  /** When work that waits as a whole will be done. */
  async askFinish(of: Omit<FinishQuestion, 'ask'>): Promise<FinishTold | null> {
    return FinishTold.nullable()
      .catch(null)
      .parse(await this.toldOf({ ask: crypto.randomUUID(), ...of }));
  }

  private async toldOf(question: LeaderQuestion): Promise<LeaderAnswer['told']> {
    const { poolClass } = question;
    if (this.asked.size >= MAX_ASKED || (this.silentUntilMs.get(poolClass) ?? 0) > performance.now()) return null;
    const { promise, resolve } = Promise.withResolvers<LeaderAnswer['told']>();
    this.asked.set(question.ask, resolve);
    const timer = setTimeout(() => {
      this.silentUntilMs.set(poolClass, performance.now() + SILENT_FOR_MS);
      resolve(null);
    }, ANSWER_WITHIN_MS);
    try {
      await this.db.query('SELECT pg_notify($1, $2)', [WAIT_QUESTIONS, JSON.stringify(question)]);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.asked.delete(question.ask);
    }
  }

  private hear(payload: string | undefined): void {
    const answer = readPayload(LeaderAnswer, payload);
    if (answer) this.asked.get(answer.ask)?.(answer.told);
  }
}
