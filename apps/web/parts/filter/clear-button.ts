/** Mantine's own is 18 px, hidden from screen readers and out of reach of the keyboard. */
const REACHABLE = { 'aria-hidden': false, tabIndex: 0, style: { minWidth: 24, minHeight: 24, pointerEvents: 'all' } } as const;

/** For a field that may be emptied: by a button with this name. */
export function clearButton(label: string) {
  return { clearable: true, clearButtonProps: { 'aria-label': label, ...REACHABLE } } as const;
}
