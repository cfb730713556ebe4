import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { decideRows } from '#sdk/sdk.gen';
import type { ReviewState } from '#web/parts/review/review-states';

/** Decisions of this long are sent together: one statement however fast somebody is. */
const GATHER_MS = 250;

/** What was decided on this page, shown at once and sent in groups. A group that is refused is taken back and told. */
export function useDecisions(campaignId: string) {
  const client = useQueryClient();
  const [decided, setDecided] = useState<ReadonlyMap<number, ReviewState>>(new Map());
  const sender = useMemo(
    () =>
      new DecisionSender(campaignId, {
        refused: (rows, message) => {
          setDecided((all) => new Map([...all].filter(([row]) => !rows.includes(row))));
          notifications.show({ message, color: 'danger' });
        },
        sent: () => void client.invalidateQueries({ predicate: ({ queryKey }) => isOfReview(queryKey) }),
      }),
    [campaignId, client],
  );
  const latest = useRef(sender);
  latest.current = sender;
  useEffect(() => {
    const leave = () => void latest.current.flush();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }, []);
  const decide = (row: number, state: ReviewState) => {
    setDecided((all) => new Map(all).set(row, state));
    sender.add(row, state);
  };
  return { decided, decide };
}

function isOfReview([key]: readonly unknown[]): boolean {
  return (key as { _id?: string } | undefined)?._id === 'getReview';
}

class DecisionSender {
  private waiting = new Map<number, ReviewState>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly campaignId: string,
    private readonly tell: { refused(rows: readonly number[], message: string): void; sent(): void },
  ) {}

  add(row: number, state: ReviewState): void {
    this.waiting.set(row, state);
    this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** One group after the other, so that a later decision on a row is also the later one there. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const group = this.waiting;
    this.waiting = new Map();
    if (group.size > 0) this.sending = this.sending.then(() => this.send(group));
    return this.sending;
  }

  private async send(group: ReadonlyMap<number, ReviewState>): Promise<void> {
    for (const state of new Set(group.values())) {
      const rows = [...group].flatMap(([row, one]) => (one === state ? [row] : []));
      try {
        await decideRows({ path: { id: this.campaignId }, body: { state, rows }, throwOnError: true });
      } catch (error) {
        this.tell.refused(rows, (error as Error).message);
      }
    }
    this.tell.sent();
  }
}
