/** Words that stand where a credential would: documentation, forms, error messages. */

const words =
  /your[-_ ]?|<[a-z]|\.\.\.|…|x{6,}|\*{4,}|placeholder|changeme|redacted|govern-stripped|EXAMPLE$/i;

/** Whether a token is a stand-in: it says so, or it repeats itself. */
export function isPlaceholder(text: string): boolean {
  return words.test(text) || new Set(text.slice(-24).toLowerCase()).size < 5;
}

/** Whether a text is random rather than words: a long run in which letters and digits alternate. */
export function looksRandom(text: string): boolean {
  if (isPlaceholder(text) || /^(?:https?:|\/|\.|data:)/.test(text)) return false;
  return text.split(/[^A-Za-z0-9]+/).some((run) => {
    const changes = run.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
    return run.length >= 12 && changes >= 3 && new Set(run).size >= 8;
  });
}

const passwords =
  /^(?:pass(?:word|wd)?|pwd?|secret|user(?:name)?|xxx+|\*+|\.+|<.*|\[.*|\{.*|\$.*|%[^\dA-F].*|%s|your.*|:.*|govern-stripped)$/i;
const hosts =
  /^(?:host(?:name)?(?:\..*)?|.*\.tld|example\.(?:com|org|net)|server|domain\..*|\[?\$.*|.*\$\{.*|localhost)$/i;

/** Whether `user:password@host` is an example of an address. */
export function isExampleAddress(password: string, host: string): boolean {
  return passwords.test(password) || hosts.test(host);
}
