import type { HotPool } from '#platform/database/hot-pool';

/** Turns a connection on by what was entered last, as if it had passed its test. @param owner pool of the database's owner */
export async function turnOn(owner: HotPool, id: string): Promise<void> {
  await owner.query(
    `UPDATE sign_in_connections SET settings = edited_settings, secret = edited_secret, edited_settings = NULL, edited_secret = NULL, state = 'optional'
      WHERE id = $1`,
    [id],
  );
}
