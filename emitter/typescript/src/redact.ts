export class Redactor {
  constructor(_declared: readonly string[] = []) {}
  text(text: string): string { return text; }
  value(value: unknown, _path: string): unknown { return value; }
}
