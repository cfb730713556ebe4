/** Whether an endpoint wants events of this type. A filter names types and families such as `generation.*`; none wants all. */
export function wantsEvent(filter: readonly string[] | null, type: string): boolean {
  if (filter === null) return true;
  return filter.some((wanted) => wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1))));
}
