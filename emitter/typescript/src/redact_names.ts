// Which names say that a secret follows.

// What a name says of its value. `counted` is a plural: numbers stay, `total_tokens` is a count.
export type Secrecy = "open" | "counted" | "secret" | "declared";

const WHOLE = new Set("key auth pin otp totp bearer dsn cvv cvc cvv2 cvc2".split(" "));
const ENDINGS = (
  "password passwd pwd passphrase passcode passwordhash secret token jwt credential " +
  "authorization cookie apikey accesskey accesskeyid secretkey privatekey signingkey " +
  "encryptionkey decryptionkey masterkey sshkey hmackey sharedkey accountkey authkey " +
  "sessionkey keymaterial mnemonic seedphrase recoveryphrase recoverycode backupcode " +
  "securitycode cardnumber creditcard connectionstring connstr xamzsignature " +
  "xgoogsignature").split(" ");
// Too short and too common to mean something in the middle of a text.
const SHORT = new Set("key auth pin pass sig".split(" "));
const PHRASES = "authorization cookie mnemonic passphrase recoveryphrase seedphrase".split(" ");

// Without what separates its words: `api-key`, `API_KEY` and `apiKey` are one.
export function plainName(name: string): string {
  // What is left may have capitals of A to Z alone: toLowerCase() knows others.
  return name.replace(/[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+/g, "")
    .replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

function isSecret(plain: string): boolean {
  return WHOLE.has(plain) || ENDINGS.some((ending) => plain.endsWith(ending));
}

export function secrecyOfPlain(plain: string): Secrecy {
  if (isSecret(plain)) return "secret";
  if (plain === "pass" || (plain.endsWith("s") && isSecret(plain.slice(0, -1)))) return "counted";
  return "open";
}

export const isShort = (plain: string) => SHORT.has(plain);

// Whether the value goes on to the end of the line.
export const isPhrase = (plain: string) => PHRASES.some((ending) => plain.endsWith(ending));
