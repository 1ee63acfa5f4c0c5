export { Redactor } from "./redact.js";
export * from "./event.js";
