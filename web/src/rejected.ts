// The first thing that is wrong, and where.
export class Rejected extends Error {
  constructor(readonly what: string, readonly file: string | null = null,
    readonly sequence: number | null = null) {
    super(what);
  }
}

export function need(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Rejected(what);
}
