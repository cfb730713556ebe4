let token: string | undefined;

/** Takes the link's token out of the address before anything else sees it: no history, no copied address has it. */
export function takeToken(): void {
  const found = location.hash.slice(1);
  if (!found) return;
  token = found;
  history.replaceState(null, '', location.pathname + location.search);
}

/** The token that this page was opened with, once. */
export function linkToken(): string | undefined {
  const taken = token;
  token = undefined;
  return taken;
}
