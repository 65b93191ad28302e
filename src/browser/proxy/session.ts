/** The session: tells its end from the app's own 401, and waits until somebody signed in again. */
import { headers, paths } from "../../contract/wire.ts";
import { isPage, natives, pause } from "./globals.ts";
import { showSignedOut } from "./notice.ts";

/** True if the boundary, not the app's upstream, asks to sign in. */
export function isSignedOut(status: number, code: string | null): boolean {
  return status === 401 && code === "unauthenticated";
}

/** The same of a Response. */
export function isSignedOutAnswer(response: Response): boolean {
  return isSignedOut(response.status, response.headers.get(headers.error));
}

async function hasSession(): Promise<boolean> {
  try {
    const answer = await natives.fetch(paths.me, { cache: "no-store" });
    return answer.ok;
  } catch {
    return false;
  }
}

async function askToSignIn(): Promise<void> {
  const close = isPage ? showSignedOut() : undefined;
  do await pause(1000);
  while (!(await hasSession()));
  close?.();
}

let asked: Promise<void> | undefined;

/** Resolves once there is a session again. All callers share one question. */
export function signIn(): Promise<void> {
  asked ??= askToSignIn().finally(() => {
    asked = undefined;
  });
  return asked;
}
