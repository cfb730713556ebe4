interface Answer {
  data: unknown;
  response?: Response;
}

/** Text that the API gives page by page, such as CSV. */
interface Wanted {
  read(cursor: string | undefined): Promise<Answer>;
  /** Each page begins with a line of heads, of which one is enough. */
  hasHeads: boolean;
  maxPages: number;
}

/** All pages after one another. A browser holds some hundred thousand rows with ease; what is longer goes by the API. */
export async function allPages({ read, hasHeads, maxPages }: Wanted): Promise<{ parts: string[]; isWhole: boolean }> {
  const parts: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { data, response } = await read(cursor);
    const text = String(data);
    parts.push(hasHeads && page > 0 ? text.slice(text.indexOf('\n') + 1) : text);
    cursor = response?.headers.get('x-halogen-next-cursor') ?? undefined;
    if (!cursor) return { parts, isWhole: true };
  }
  return { parts, isWhole: false };
}
