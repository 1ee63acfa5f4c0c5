// What the compiler refuses. It is compiled and never run.
import type { Emitter, Event, Receipt, Spooled } from "../dist/index.js";

export async function complete(emitter: Emitter): Promise<[Receipt, Spooled]> {
  const audit = emitter.audit().forClient("acme").action("content.publish").actor("agent", "a")
    .target("post", "1");
  const receipt = await audit.withMetadata({ a: 1 }).succeeded().emit();
  return [receipt, await audit.failed("E42").childOf(receipt.id).buffer()];
}

export function incomplete(emitter: Emitter): void {
  const audit = emitter.audit();
  const named = audit.forClient("acme").action("content.publish").actor("agent", "a");
  // @ts-expect-error There is nothing yet.
  void audit.emit();
  // @ts-expect-error There is no target, and no outcome.
  void named.emit();
  // @ts-expect-error There is no outcome.
  void named.target("post", "1").emit();
  // @ts-expect-error There is no target.
  void named.pending().buffer();
  // @ts-expect-error There is no such actor.
  void named.actor("robot", "a");
  // @ts-expect-error There is no such proof.
  void named.withProof({ type: "video" });
  // @ts-expect-error A required field is missing.
  const event: Event = { clientId: "acme" };
  void emitter.emit(event);
}
