// The two that are compared. Each has tell(number), which is what a program calls, and sendAll().
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { Emitter } from "../../emitter/typescript/dist/index.js";

export function assent(port, directory) {
  const spool = { directory, producer: "bench", sync: "never", bytesMax: 2 ** 30 };
  const emitter = new Emitter({ url: `http://127.0.0.1:${port}`, keys: { default: "k" }, spool });
  return {
    tell: (number) => emitter.buffer({
      clientId: "default", actionType: "content.publish", actorType: "agent", actorId: "agent-7",
      targetType: "post", targetId: `post-${number}`, outcome: "success",
      metadata: { platform: "web", durationMs: 118 },
    }),
    sendAll: () => emitter.flush(),
    close: () => emitter.close(),
  };
}

export function openTelemetry(port) {
  const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${port}/v1/logs` });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("bench");
  return {
    tell: (number) => logger.emit({
      severityNumber: SeverityNumber.INFO, eventName: "content.publish", body: "content.publish",
      attributes: {
        "client.id": "default", "actor.type": "agent", "actor.id": "agent-7", "target.type": "post",
        "target.id": `post-${number}`, "outcome": "success", "platform": "web", "durationMs": 118,
      },
    }),
    sendAll: () => provider.forceFlush(),
    close: () => provider.shutdown(),
  };
}
