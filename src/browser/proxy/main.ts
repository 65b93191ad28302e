/**
 * The proxy module: inlined before every chunk of a rewritten bundle that has a call site, it gives each site what
 * stands for its global, and stands itself in the page's globals for what was not rewritten. It owns how a call waits in
 * the page; it decides nothing and must not be trusted with anything: the sidecar is the boundary.
 */
import { install } from "./install.ts";

install({});
