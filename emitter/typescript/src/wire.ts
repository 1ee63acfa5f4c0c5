// The requests that an emitter sends: what, not how.

export const USER_AGENT = "assent-emitter-ts/1";

export interface Request {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function headersOf(key: string, contentType: string): Record<string, string> {
  return {
    "Authorization": `Bearer ${key}`, "Content-Type": contentType, "User-Agent": USER_AGENT,
  };
}

export function blobRequest(key: string, blob: Buffer): Request {
  const headers = headersOf(key, "application/octet-stream");
  return { method: "PUT", path: "/v1/blobs", headers, body: blob };
}

export function eventRequest(key: string, event: Buffer, traceparent: string | undefined): Request {
  const headers = headersOf(key, "application/json");
  if (traceparent !== undefined) headers["traceparent"] = traceparent;
  return { method: "POST", path: "/v1/events", headers, body: event };
}

export function batchRequest(key: string, events: readonly Buffer[]): Request {
  const end = Buffer.from("\n");
  const body = Buffer.concat(events.flatMap((event) => [event, end]));
  const headers = headersOf(key, "application/x-ndjson");
  return { method: "POST", path: "/v1/events", headers, body };
}
