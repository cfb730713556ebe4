/** What an endpoint hears of. A filter names types and families such as `generation.*`; null wants all, of every project too. */
export interface EventWish {
  eventTypes: readonly string[] | null;
  projectId: string | null;
}

/** @param projectId of the event; null for one that is about no project, and so is not told to an endpoint of one */
export function wantsEvent(wish: EventWish, { type, projectId }: { type: string; projectId: string | null }): boolean {
  return wantsType(wish.eventTypes, type) && (wish.projectId === null || wish.projectId === projectId);
}

export function wantsType(filter: readonly string[] | null, type: string): boolean {
  if (filter === null) return true;
  return filter.some((wanted) => wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1))));
}
