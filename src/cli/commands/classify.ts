/** `govern classify`: read or write, and why; for people, and line by line for programs. */
import { createInterface } from "node:readline";
import { Option, type Command } from "commander";
import type { Dialect as SqlDialect } from "../../contract/operation.ts";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { usageError } from "../failure.ts";

type Dialect = SqlDialect | "graphql";

interface ClassifyFlags {
  readonly dialect: Dialect;
  readonly stdin?: boolean;
  readonly json?: boolean;
}

/** The members of a statement's facts that are printed. */
interface Verdict {
  readonly access: "read" | "write" | "invalid";
  readonly why: string;
  readonly tables: readonly string[];
}

const dialects = ["postgres", "mysql", "sqlite", "graphql"] as const satisfies readonly Dialect[];

function invalid(why: string): Verdict {
  return { access: "invalid", why, tables: [] };
}

async function factsOf(text: string, dialect: Dialect): Promise<Verdict> {
  if (dialect === "graphql") {
    const { graphqlFacts } = await import("../../statements/graphql/facts.ts");
    return graphqlFacts(text);
  }
  const { classifyStatement } = await import("../../statements/classify.ts");
  return classifyStatement(text, dialect);
}

async function classifyText(text: string, dialect: Dialect): Promise<Verdict> {
  const { access, why, tables } = await factsOf(text, dialect);
  return { access, why, tables };
}

function isDialect(value: unknown): value is Dialect {
  return dialects.some((dialect) => dialect === value);
}

/** One line `{"sql": "…", "dialect": "…"}`; a line that is none is invalid, so that lines in and out stay in step. */
async function classifyLine(line: string, fallback: Dialect): Promise<Verdict> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return invalid("the line is not JSON");
  }
  if (typeof value !== "object" || value === null || !("sql" in value)) {
    return invalid('the line has no "sql"');
  }
  if (typeof value.sql !== "string") return invalid('"sql" is not a text');
  const dialect = "dialect" in value ? value.dialect : fallback;
  return isDialect(dialect) ? classifyText(value.sql, dialect) : invalid("unknown dialect");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A line whose bytes are no UTF-8 is no text: what a decoder puts in their place is not what a server would read. */
async function classifyBytes(bytes: Buffer, fallback: Dialect): Promise<Verdict> {
  try {
    return await classifyLine(utf8.decode(bytes), fallback);
  } catch (error) {
    if (error instanceof TypeError) return invalid("the line is not UTF-8");
    throw error;
  }
}

async function classifyStdin({ output }: CommandContext, fallback: Dialect): Promise<ExitCode> {
  // One character a byte, so that lines arrive as they were sent.
  process.stdin.setEncoding("latin1");
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const bytes = Buffer.from(line, "latin1");
    if (line.trim() !== "") output.print(JSON.stringify(await classifyBytes(bytes, fallback)));
  }
  return 0;
}

async function runClassify(
  context: CommandContext,
  texts: readonly string[],
  flags: ClassifyFlags,
): Promise<ExitCode> {
  if (flags.stdin ?? false) return classifyStdin(context, flags.dialect);
  if (texts.length === 0) {
    throw usageError("No statement is given.", 'Try `govern classify "SELECT 1"`, or --stdin.');
  }
  const verdicts: Verdict[] = [];
  for (const text of texts) verdicts.push(await classifyText(text, flags.dialect));
  const { output } = context;
  if (flags.json ?? false) {
    output.printJson(verdicts);
    return 0;
  }
  const { renderTable } = await import("../table.ts");
  const { paint } = output.look;
  const rows = verdicts.map(({ access, why, tables }, index) => [
    {
      text: access,
      paint: (text: string) => (access === "read" ? paint.green : paint.yellow)(text),
    },
    why,
    tables.join(", "),
    texts[index] ?? "",
  ]);
  const heads = ["ACCESS", "WHY", "TABLES", "STATEMENT"];
  output.print(
    renderTable(
      heads.map((head) => ({ head })),
      rows,
      output.look,
    ),
  );
  return 0;
}

export function registerClassify(program: Command, context: CommandContext): void {
  program
    .command("classify")
    .description("tell whether SQL or GraphQL reads or writes, and why")
    .argument("[text...]", "statements or documents, one an argument")
    .addOption(
      new Option("--dialect <dialect>", "of the statements").choices(dialects).default("postgres"),
    )
    .option("--stdin", 'read {"sql": "…", "dialect": "…"} a line, write JSON a line')
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples(
        'govern classify "UPDATE accounts SET x = 1"',
        "govern classify --dialect graphql 'mutation { pay(id: 1) { id } }'",
        "govern classify --stdin < statements.jsonl",
      ),
    )
    .action(
      ending(context, (texts: string[], flags: ClassifyFlags) =>
        runClassify(context, texts, flags),
      ),
    );
}
