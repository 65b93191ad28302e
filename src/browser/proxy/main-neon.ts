/** The proxy module for bundles whose one SQL driver is neon. */
import { install } from "./install.ts";
import { governedNeon } from "./neon.ts";
import { makeToken } from "./text-token.ts";

install({ neon: governedNeon, text: makeToken });
