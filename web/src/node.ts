// What the tests need of the verifier under Node: no page.
export { verifyBundle } from "./bundle.js";
