/** Numbers what it is asked for from 1, as subscripts of Postgres count, in the order of the first time. */
export class Places {
  private readonly places = new Map<string, number>();

  of(key: string): number {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, this.places.size + 1);
    return this.places.size;
  }

  has(key: string): boolean {
    return this.places.has(key);
  }

  keys(): string[] {
    return [...this.places.keys()];
  }
}

/** From which account to which, by their places, and as what. */
interface Way {
  tenant: number;
  debit: number;
  credit: number;
  code: number;
  leg: number;
}

/** Numbers ways as `Places` numbers keys. From one account few lead away, which are cheaper to compare than to name. */
export class Ways {
  readonly all: Way[] = [];
  private readonly from: { way: Way; place: number }[][] = [];

  of(wanted: Way): number {
    const { debit, credit, code, leg } = wanted;
    this.from[debit] ??= [];
    const known = this.from[debit].find(({ way }) => way.credit === credit && way.code === code && way.leg === leg);
    if (known) return known.place;
    const place = this.all.push(wanted);
    this.from[debit].push({ way: wanted, place });
    return place;
  }
}
