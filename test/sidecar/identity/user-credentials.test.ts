/** Which credentials of a request are the app user's own. */
import { expect, it } from "vitest";
import { userCredentials } from "../../../src/sidecar/identity/user-credentials.ts";

const request = (headers: Record<string, string>) => ({
  method: "GET",
  path: "/",
  query: "",
  headers: new Map(Object.entries(headers)),
  body: new Uint8Array(),
});
const page = {
  "sec-fetch-site": "same-origin",
  authorization: "Bearer app",
  cookie: "__Host-govern-app=s; app=1; __Host-govern-app-login=l; __host-govern-x=y; b=2",
};

it("are its Authorization and cookies, without the boundary's own", () => {
  expect(userCredentials(request(page), "all")).toEqual({
    authorization: "Bearer app",
    cookie: "app=1; b=2",
  });
});

it("are no cookies behind a proxy, whose they may be", () => {
  expect(userCredentials(request(page), "without-cookies")).toEqual({
    authorization: "Bearer app",
    cookie: null,
  });
});

it("are none for a resource that passes none on, and none of a program's token", () => {
  expect(userCredentials(request(page))).toBeNull();
  expect(userCredentials(request({ authorization: "Bearer govern" }), "all")).toBeNull();
  expect(userCredentials(request({ cookie: "__Host-govern-app=s" }), "all")).toBeNull();
});
