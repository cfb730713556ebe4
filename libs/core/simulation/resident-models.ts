/** Which models each node has loaded: as many as fit, the one unused for longest makes room. */
export class ResidentModels {
  private readonly byNode = new Map<string, string[]>();

  constructor(private readonly modelsPerNode: number) {}

  /** @returns false on a miss: it had to be loaded */
  use(nodeId: string, model: string): boolean {
    const loaded = this.of(nodeId);
    const others = loaded.filter((each) => each !== model);
    this.byNode.set(nodeId, [model, ...others].slice(0, this.modelsPerNode));
    return others.length < loaded.length;
  }

  of(nodeId: string): readonly string[] {
    return this.byNode.get(nodeId) ?? [];
  }
}
