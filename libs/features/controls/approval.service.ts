import type { NamedRefusal } from '#contracts/problems';
import type { Tx } from '#platform/database/tx';

/** Does an act inside its own transaction together with what allows it, so that neither happens without the other. */
export type Within = <T>(tx: Tx, act: () => Promise<T | NamedRefusal>) => Promise<T | NamedRefusal>;

/** One person's word is enough. */
export const withoutApproval: Within = (_tx, act) => act();

export const SECOND_PERSON_NEEDED: NamedRefusal = {
  refused: 'second_person_needed',
  detail: 'This stops everybody, or takes what is sold or a whole site: propose it, and another operator approves it',
};
