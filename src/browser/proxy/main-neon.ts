/** The proxy module for bundles whose one SQL driver is neon. */
import { inert } from "./inert.ts";
import { install } from "./install.ts";
import { governedNeon } from "./neon.ts";
import { makeToken } from "./text-token.ts";

install({ neon: governedNeon, driver: inert(), text: makeToken });
