// HTTP to one server, over connections that are kept.

import * as http from "node:http";
import * as https from "node:https";
import { Misconfigured } from "./errors.js";
import type { Request } from "./wire.js";

const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

// No answer came, so nobody knows what became of the request.
export class Unreachable extends Error {}

export interface Answer {
  readonly status: number;
  readonly body: unknown;  // The JSON, or undefined if it is none.
  readonly retryAfter?: number;  // Seconds.
}

export type Send = (request: Request) => Promise<Answer>;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new Misconfigured("url must be such as https://assent.example");
  }
}

export class Transport {
  readonly #prefix: string;
  readonly #url: URL;
  readonly #client: typeof http | typeof https;
  readonly #agent: http.Agent;
  readonly #timeout: number;

  constructor(url: string, timeoutMs: number, tls: https.AgentOptions | undefined) {
    this.#url = parsed(url);
    const { protocol, username, password, search, pathname } = this.#url;
    if ((protocol !== "http:" && protocol !== "https:") || search !== "") {
      throw new Misconfigured("url must be such as https://assent.example");
    }
    if (username !== "" || password !== "") {
      throw new Misconfigured("url must not carry a password: the keys say who asks");
    }
    this.#prefix = pathname.replace(/\/+$/, "");
    this.#client = protocol === "https:" ? https : http;
    this.#agent = protocol === "https:" ? new https.Agent({ keepAlive: true, ...tls })
      : new http.Agent({ keepAlive: true });
    this.#timeout = timeoutMs;
  }

  async send(request: Request): Promise<Answer> {
    try {
      return await this.#ask(request);
    } catch (error) {
      // The server had closed a connection that was kept. To ask again is harmless: every event
      // has its id.
      if (error instanceof Unreachable && error.cause === "kept") return this.#ask(request);
      throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asking = this.#client.request({
        agent: this.#agent,
        protocol: this.#url.protocol,
        hostname: this.#url.hostname.replace(/^\[|\]$/g, ""),
        port: this.#url.port,
        method: request.method,
        path: this.#prefix + request.path,
        headers: { ...request.headers, "Content-Length": request.body.length },
      });
      const timer = setTimeout(() => asking.destroy(new Error("no answer in time")), this.#timeout);
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const isClosed = error.code === "ECONNRESET" || error.code === "EPIPE";
        const isKept = asking.reusedSocket && isClosed;
        reject(new Unreachable(error.code ?? error.message, { cause: isKept ? "kept" : error }));
      };
      asking.on("error", fail);
      asking.on("response", (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > ANSWER_BYTES_MAX) asking.destroy(new Error("the answer is too long"));
          parts.push(part);
        });
        response.on("error", fail);
        response.on("end", () => {
          clearTimeout(timer);
          const after = response.headers["retry-after"] ?? "";
          resolve({
            status: response.statusCode ?? 0,
            body: jsonOf(Buffer.concat(parts).toString("utf8")),
            retryAfter: /^\d+$/.test(after) ? Math.min(Number(after), 3600) : 0,
          });
        });
      });
      asking.end(request.body);
    });
  }
}
