/** A binary heap whose entries can also move and leave, and which can be read best first without being changed. */
export class Heap<Entry> {
  private readonly entries: Entry[] = [];
  private readonly places = new Map<Entry, number>();

  constructor(private readonly isBefore: (one: Entry, other: Entry) => boolean) {}

  get size(): number {
    return this.entries.length;
  }

  /** In no particular order. */
  values(): IterableIterator<Entry> {
    return this.entries.values();
  }

  best(): Entry | undefined {
    return this.entries[0];
  }

  has(entry: Entry): boolean {
    return this.places.has(entry);
  }

  add(entry: Entry): void {
    if (this.places.has(entry)) throw new Error('the entry is in the heap already');
    this.entries.push(entry);
    this.rise(this.entries.length - 1, entry);
  }

  /** To be called after an entry's order has changed. */
  moved(entry: Entry): void {
    const place = this.places.get(entry);
    if (place === undefined) throw new Error('the entry is not in the heap');
    this.sink(this.rise(place, entry), entry);
  }

  remove(entry: Entry): boolean {
    const place = this.places.get(entry);
    if (place === undefined) return false;
    this.places.delete(entry);
    const last = this.entries.pop() as Entry;
    if (last !== entry) this.sink(this.rise(place, last), last);
    return true;
  }

  takeBest(): Entry | undefined {
    const best = this.entries[0];
    if (best !== undefined) this.remove(best);
    return best;
  }

  /** Reads k entries at the cost of k log k, whatever the heap's size. Valid until the heap changes. */
  reader(): HeapReader<Entry> {
    return new HeapReader(this.entries, this.isBefore);
  }

  private rise(from: number, entry: Entry): number {
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.entries[parentPlace] as Entry;
      if (!this.isBefore(entry, parent)) break;
      this.put(place, parent);
      place = parentPlace;
    }
    this.put(place, entry);
    return place;
  }

  private sink(from: number, entry: Entry): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= this.entries.length) break;
      const right = left + 1;
      const childPlace =
        right < this.entries.length && this.isBefore(this.entries[right] as Entry, this.entries[left] as Entry) ? right : left;
      const child = this.entries[childPlace] as Entry;
      if (!this.isBefore(child, entry)) break;
      this.put(place, child);
      place = childPlace;
    }
    this.put(place, entry);
  }

  private put(place: number, entry: Entry): void {
    this.entries[place] = entry;
    this.places.set(entry, place);
  }
}

/** Walks a heap best first: only the children of what was read can come next. */
export class HeapReader<Entry> {
  private readonly frontier: Heap<number>;

  constructor(
    private readonly entries: readonly Entry[],
    isBefore: (one: Entry, other: Entry) => boolean,
  ) {
    this.frontier = new Heap((one, other) => isBefore(entries[one] as Entry, entries[other] as Entry));
    if (entries.length > 0) this.frontier.add(0);
  }

  peek(): Entry | undefined {
    const place = this.frontier.best();
    return place === undefined ? undefined : this.entries[place];
  }

  next(): Entry | undefined {
    const place = this.frontier.takeBest();
    if (place === undefined) return undefined;
    for (const child of [2 * place + 1, 2 * place + 2]) if (child < this.entries.length) this.frontier.add(child);
    return this.entries[place];
  }
}
