/** A govern.yaml in which every part of the workspace occurs. */
export const wholeWorkspace = `version: 1
server:
  operatorUrl: https://govern.acme.example
  trustedProxies: [10.0.0.0/8]
identity:
  oidc: { issuer: https://sso.acme.example, clientId: govern, clientSecret: "\${env:OIDC_SECRET}", groupsClaim: groups }
  dev: { users: { sam: [dev], ana: [leads] } }
groups:
  support: { claims: { groups: support } }
  leads: { claims: { groups: support-leads }, members: ["ana@acme.example"] }
resources:
  ledger: { kind: postgres, url: "\${env:LEDGER_URL}" }
  billing: { kind: http, upstream: "\${env:BILLING_URL}", auth: service, headers: { authorization: "Bearer \${env:BILLING_TOKEN}" } }
apps:
  support-console:
    url: https://support.acme.example
    resources: { "https://api.acme.example": billing, sql: ledger }
permissions:
  - { groups: [support], allow: ["support-console/read"] }
  - { groups: [support], allow: ["support-console/post-accounts-credits-3f9a2c"], when: arguments.body.amount <= 500 }
approvals:
  - match: { access: write }
    approvers: { all: [leads] }
    quorum: 1
    expiresIn: 24h
  - match: { operation: support-console/post-search-77aa01 }
    require: none
    reason: a search sent as POST
    until: 2027-06-30
audit: { redact: [arguments.body.ssn] }
`;
