import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';

/** A write: what was read is read anew after it, and the toast says what was done or why not. */
export function useAct<Wish, Result>(of: {
  act(wish: Wish): Promise<Result>;
  /** The verb of the button in the past, such as "Revoked the key"; null when a dialog says it. */
  done: string | null;
  /** The refusal is shown where the form is; otherwise it is a toast. */
  isInForm?: boolean;
  after?(result: Result): void;
}) {
  const client = useQueryClient();
  const say = (message: string, color?: string) => notifications.show({ message, color });
  return useMutation<Result, Error, Wish>({
    mutationFn: of.act,
    onSuccess: (result) => {
      void client.invalidateQueries();
      if (of.done) say(of.done);
      of.after?.(result);
    },
    onError: (error) => {
      if (!of.isInForm) say(error.message, 'danger');
    },
  });
}
