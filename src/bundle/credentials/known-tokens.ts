/** The rules of secretlint, over short texts that may hold a token. Comments in a bundle cannot switch them off. */

/** What secretlint's rules are called to people; rules that are not listed have a kind of their own in kinds.ts. */
const names: Readonly<Record<string, string>> = {
  gcp: "Google service account key",
  npm: "npm token",
  slack: "Slack token",
  sendgrid: "SendGrid key",
  shopify: "Shopify token",
  github: "GitHub token",
  gitlab: "GitLab token",
  grafana: "Grafana token",
  openai: "OpenAI key",
  anthropic: "Anthropic key",
  groq: "Groq key",
  huggingface: "Hugging Face token",
  linear: "Linear key",
  notion: "Notion token",
  "1password": "1Password token",
  "hashicorp-vault": "Vault token",
  vercel: "Vercel token",
  databricks: "Databricks token",
  docker: "Docker token",
  figma: "Figma token",
};

const prefix = "@secretlint/secretlint-rule-";

export interface KnownToken {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

interface Linter {
  lint(text: string): Promise<KnownToken[]>;
}

async function load(): Promise<Linter> {
  const [{ lintSource }, { creator }] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
  ]);
  const config = {
    rules: [
      {
        id: `${prefix}preset-recommend`,
        rule: creator,
        rules: [{ id: `${prefix}filter-comments`, disabled: true }],
      },
    ],
  };
  return {
    async lint(text) {
      const { messages } = await lintSource({
        source: { filePath: "bundle.js", content: text, contentType: "text", ext: ".js" },
        options: { config, noPhysicFilePath: true },
      });
      return messages.flatMap(({ ruleId, range: [start, end] }) => {
        const kind = names[ruleId.slice(prefix.length)];
        return kind === undefined ? [] : [{ kind, start, end }];
      });
    },
  };
}

let loaded: Promise<Linter> | undefined;

/** The tokens in a text, by secretlint's recommended rules. */
export async function knownTokens(text: string): Promise<KnownToken[]> {
  loaded ??= load();
  return (await loaded).lint(text);
}
