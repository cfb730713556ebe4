export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/** Cuts a stream of text into its events; comments count as a sign of life and nothing else. */
export function sseParser(tell: (event: ServerSentEvent) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = { id: '', event: 'message', data: '' };
      for (const line of block.split('\n')) {
        const at = line.indexOf(': ');
        const name = line.slice(0, at);
        if (name === 'id' || name === 'event' || name === 'data') event[name] += name === 'event' ? '' : line.slice(at + 2);
        if (name === 'event') event.event = line.slice(at + 2);
      }
      if (event.data !== '') tell(event);
    }
  };
}
