/** Hosts that say what is behind them. Facts only: what they mean for an origin is origin-class.ts's to say. */

/** Hosts by their name or the end of it: `acme.io` is also `eu.acme.io`. */
export interface KnownService {
  readonly name: string;
  readonly hosts: readonly string[];
  /** The paths of it that this is about, where its hosts serve more; all of them if left out. */
  readonly paths?: RegExp;
}

/** Services that an app reports to: errors, usage, performance. Their query and management APIs are data, and not here. */
export const telemetryServices: readonly KnownService[] = [
  {
    name: "Sentry",
    hosts: ["ingest.sentry.io", "ingest.us.sentry.io", "ingest.de.sentry.io", "sentry-cdn.com"],
  },
  { name: "Sentry", hosts: ["sentry.io"], paths: /^\/api\/[^/]+\/(?:envelope|store|security)\/?$/ },
  { name: "PostHog", hosts: ["i.posthog.com"] },
  {
    name: "PostHog",
    hosts: ["app.posthog.com", "us.posthog.com", "eu.posthog.com"],
    paths: /^\/(?:e|i\/v0\/e|s|capture|batch|engage|track|decide|flags|array\/.+|static\/.+)\/?$/,
  },
  {
    name: "Segment",
    hosts: ["api.segment.io", "api.segment.com", "cdn.segment.com", "events.eu1.segmentapis.com"],
  },
  {
    name: "Google Analytics",
    hosts: ["google-analytics.com", "analytics.google.com", "stats.g.doubleclick.net"],
  },
  { name: "Google Tag Manager", hosts: ["googletagmanager.com"] },
  {
    name: "Amplitude",
    hosts: [
      "api.amplitude.com",
      "api2.amplitude.com",
      "api.eu.amplitude.com",
      "sr-client-cfg.amplitude.com",
    ],
  },
  {
    name: "Mixpanel",
    hosts: [
      "api.mixpanel.com",
      "api-js.mixpanel.com",
      "api-eu.mixpanel.com",
      "decide.mixpanel.com",
    ],
  },
  {
    name: "Datadog",
    hosts: [
      "browser-intake-datadoghq.com",
      "browser-intake-datadoghq.eu",
      "browser-intake-us3-datadoghq.com",
      "browser-intake-us5-datadoghq.com",
      "browser-intake-ap1-datadoghq.com",
      "browser-intake-ap2-datadoghq.com",
      "browser-intake-ddog-gov.com",
      "browser-http-intake.logs.datadoghq.com",
      "browser-http-intake.logs.datadoghq.eu",
    ],
  },
  { name: "Plausible", hosts: ["plausible.io"], paths: /^\/(?:api\/event|js\/.+)$/ },
  { name: "Vercel Analytics", hosts: ["vercel-insights.com", "va.vercel-scripts.com"] },
  { name: "Cloudflare Web Analytics", hosts: ["cloudflareinsights.com"] },
  { name: "Fathom", hosts: ["cdn.usefathom.com"] },
  { name: "Umami", hosts: ["cloud.umami.is", "api-gateway.umami.dev"], paths: /^\/api\/send$/ },
  { name: "Hotjar", hosts: ["hotjar.com", "hotjar.io"] },
  { name: "Heap", hosts: ["heapanalytics.com", "heap-api.com"] },
  { name: "FullStory", hosts: ["fullstory.com"], paths: /^\/(?:rec|s)\/.+$/ },
  {
    name: "LogRocket",
    hosts: ["r.lr-ingest.io", "r.lr-in.com", "r.lr-in-prod.com", "r.logrocket.io"],
  },
  { name: "Bugsnag", hosts: ["notify.bugsnag.com", "sessions.bugsnag.com"] },
  {
    name: "Rollbar",
    hosts: ["api.rollbar.com"],
    paths: /^\/api\/1\/(?:item|items|session)\/?$/,
  },
  { name: "Honeybadger", hosts: ["api.honeybadger.io"], paths: /^\/v1\/(?:notices|events)\b/ },
  { name: "New Relic", hosts: ["bam.nr-data.net", "bam.eu01.nr-data.net", "bam-cell.nr-data.net"] },
  {
    name: "Application Insights",
    hosts: [
      "dc.services.visualstudio.com",
      "in.applicationinsights.azure.com",
      "livediagnostics.monitor.azure.com",
    ],
  },
  { name: "Microsoft Clarity", hosts: ["clarity.ms"] },
  {
    name: "RudderStack",
    hosts: ["rudderstack.com", "rudderlabs.com"],
    paths: /^\/(?:v1|beacon)\//,
  },
  { name: "Grafana Faro", hosts: ["grafana.net"], paths: /^\/collect\// },
  { name: "LaunchDarkly events", hosts: ["events.launchdarkly.com"] },
  { name: "Statsig events", hosts: ["events.statsigapi.net"] },
];

/** Hosts of files that everybody may read. */
export const publicFileHosts: readonly KnownService[] = [
  { name: "jsDelivr", hosts: ["cdn.jsdelivr.net", "fastly.jsdelivr.net"] },
  { name: "unpkg", hosts: ["unpkg.com"] },
  { name: "cdnjs", hosts: ["cdnjs.cloudflare.com"] },
  { name: "esm.sh", hosts: ["esm.sh", "esm.run"] },
  { name: "Skypack", hosts: ["cdn.skypack.dev"] },
  { name: "Google Fonts", hosts: ["fonts.googleapis.com", "fonts.gstatic.com"] },
  { name: "Bunny Fonts", hosts: ["fonts.bunny.net"] },
  { name: "Google's hosted libraries", hosts: ["ajax.googleapis.com", "www.gstatic.com"] },
  { name: "Bootstrap's CDN", hosts: ["stackpath.bootstrapcdn.com", "maxcdn.bootstrapcdn.com"] },
  { name: "Font Awesome", hosts: ["use.fontawesome.com", "kit.fontawesome.com"] },
  { name: "Gravatar", hosts: ["gravatar.com"], paths: /^\/avatar\// },
  {
    name: "OpenStreetMap tiles",
    hosts: ["tile.openstreetmap.org"],
  },
  { name: "Mapbox tiles", hosts: ["tiles.mapbox.com"] },
];

/** A service that tells who somebody is. */
export interface IdentityProvider {
  readonly name: string;
  readonly hosts: readonly string[];
  /** What on these hosts is about signing in; anything else there is data. */
  readonly paths: RegExp;
  /** Of these, what signs a person in or out, or keeps them so, and does nothing else. */
  readonly signIn: RegExp;
}

/** Endpoints of OAuth 2.0 (RFC 6749, 7009, 8628) and OpenID Connect (Discovery 1.0), as servers name them. */
export const standardSignIn =
  /(?:^|\/)(?:\.well-known\/(?:openid-configuration|oauth-authorization-server|jwks\.json)|(?:oauth2?|oidc|connect|openid-connect)(?:\/v\d+(?:\.\d+)?)?\/(?:token|authorize|auth|revoke|revocation|introspect|userinfo|logout|endsession|keys|certs|jwks(?:\.json)?|device|device_authorization))\/?$/i;

export const identityProviders: readonly IdentityProvider[] = [
  {
    name: "Auth0",
    hosts: ["auth0.com"],
    paths:
      /^\/(?:oauth\/|authorize|userinfo|co\/|passwordless\/|dbconnections\/|usernamepassword\/|login|v2\/logout|mfa\/|\.well-known\/)/,
    signIn:
      /^\/(?:oauth\/(?:token|revoke|device\/code)|co\/authenticate|passwordless\/(?:start|verify)|usernamepassword\/login|mfa\/challenge)$/,
  },
  {
    name: "Clerk",
    hosts: ["clerk.accounts.dev", "accounts.dev", "clerk.com", "clerk.dev"],
    paths: /^\/v1\/(?:client|environment|dev_browser|me|oauth_callback|tickets)\b/,
    signIn:
      /^\/v1\/(?:dev_browser|client(?:\/(?:handshake|sync|sign_ins(?:\/.*)?|sessions(?:\/[^/]+\/(?:tokens(?:\/.*)?|touch|end|remove))?))?)$/,
  },
  {
    name: "Supabase Auth",
    hosts: ["supabase.co", "supabase.in"],
    paths: /^\/auth\/v1\/(?!admin\b)/,
    signIn: /^\/auth\/v1\/(?:token|otp|magiclink|verify|logout|authorize|callback|settings)$/,
  },
  {
    name: "Firebase Authentication",
    hosts: ["identitytoolkit.googleapis.com", "securetoken.googleapis.com"],
    paths: /^\/v[12]\/(?:accounts|token|projects|recaptchaConfig)/,
    signIn: /^\/v1\/(?:token|accounts:(?:signInWith\w+|createAuthUri|lookup))$/,
  },
  {
    name: "Okta",
    hosts: ["okta.com", "oktapreview.com", "okta-emea.com"],
    paths: /^\/(?:oauth2\/|api\/v1\/(?:authn|sessions\/me)|\.well-known\/|idp\/idx\/)/,
    signIn:
      /^\/(?:oauth2\/(?:[^/]+\/)?v1\/(?:token|revoke|logout|introspect|interact)|api\/v1\/(?:authn(?:\/.*)?|sessions\/me)|idp\/idx\/(?:introspect|identify|challenge(?:\/.*)?|cancel))$/,
  },
  {
    name: "Microsoft Entra ID",
    hosts: ["login.microsoftonline.com", "login.live.com", "ciamlogin.com", "b2clogin.com"],
    paths: /./,
    signIn: /\/(?:oauth2(?:\/v2\.0)?\/(?:token|logout|devicecode)|GetCredentialType)$/i,
  },
  {
    name: "Google sign-in",
    hosts: ["accounts.google.com", "oauth2.googleapis.com"],
    paths: /./,
    signIn: /^\/(?:token|revoke|tokeninfo|device\/code|o\/oauth2\/(?:v2\/auth|revoke|token))$/,
  },
  {
    name: "Amazon Cognito",
    hosts: ["amazoncognito.com"],
    paths: /^\/(?:oauth2\/|login|logout|\.well-known\/)/,
    signIn: /^\/oauth2\/(?:token|revoke)$/,
  },
  {
    name: "WorkOS",
    hosts: ["api.workos.com"],
    paths: /^\/(?:user_management\/(?:authenticate|authorize|sessions\/)|sso\/)/,
    signIn: /^\/(?:user_management\/(?:authenticate|sessions\/logout)|sso\/token)$/,
  },
  {
    name: "Stytch",
    hosts: ["api.stytch.com", "test.stytch.com", "web.stytch.com"],
    paths: /^\/sdk\/v1\//,
    signIn: /^\/sdk\/v1\/(?:[^/]+\/)*(?:authenticate|login_or_create|send|revoke)(?:\/[^/]+)?$/,
  },
  {
    name: "Descope",
    hosts: ["api.descope.com"],
    paths: /^\/v1\/(?:auth|flow)\//,
    signIn: /^\/v1\/(?:auth\/(?:refresh|logout|me|validate)|flow\/(?:start|next))$/,
  },
];
