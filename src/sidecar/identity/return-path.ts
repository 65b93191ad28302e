/** Where a person goes after signing in: a path of this origin, whatever was asked for. */

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const suspicious = /[\u0000-\u0020\u007f-\u009f\\]/;

/** The path if it can lead nowhere but this origin, else `/`. Refuses `//host`, `/\host`, control characters, schemes. */
export function safeReturnPath(asked: string | undefined): string {
  if (asked === undefined || !asked.startsWith("/") || suspicious.test(asked)) return "/";
  const base = "https://own.invalid";
  if (!URL.canParse(asked, base)) return "/";
  const url = new URL(asked, base);
  const path = `${url.pathname}${url.search}${url.hash}`;
  return url.origin === base && !path.startsWith("//") ? path : "/";
}
