/** The facts of a MySQL or SQLite text: one statement, judged by its tokens and its tree. */
import { invalidFacts, type StatementFacts } from "../statement-facts.ts";
import { textFault } from "../text-limits.ts";
import { statementType, writeFault } from "./access.ts";
import { isHarmlessFunction } from "./harmless.ts";
import { lexText, type LexedDialect, type Token } from "./lexer.ts";
import { parameterNames } from "./numbering.ts";
import { parameterPlaces } from "./parameters.ts";
import { parseTokens, type TreeNode } from "./parser.ts";
import { pragmaFacts } from "./pragma.ts";
import { relationsOf } from "./relations.ts";

/** The engines count parameters in 16 bits. */
const maxParameters = 65_535;

const isBlank = ({ kind }: Token) => kind === "space" || kind === "comment";

/**
 * With a gap before its parenthesis, some names mean a stored function (MySQL, "Function Name Parsing and Resolution"):
 * `now ()` may be anything.
 */
function gapFault(tokens: readonly Token[], dialect: LexedDialect): string | null {
  if (dialect !== "mysql") return null;
  let name = "";
  let hasGap = false;
  for (const token of tokens) {
    if (isBlank(token)) hasGap = true;
    else {
      if (token.text === "(" && hasGap && gapNames.has(name))
        return `function ${name} with a gap is not known to be harmless`;
      name = token.kind === "word" ? token.text.toLowerCase() : "";
      hasGap = false;
    }
  }
  return null;
}

/** The names that the manual lists; others mean the built-in function either way. */
const gapNames: ReadonlySet<string> = new Set(
  (
    "adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat json_arrayagg " +
    "json_objectagg max mid min now position session_user std stddev stddev_pop stddev_samp st_collect subdate substr " +
    "substring sum sysdate system_user trim var_pop var_samp variance"
  )
    .split(" ")
    .filter((name) => isHarmlessFunction([name], "mysql")),
);

interface Judged {
  readonly statement: TreeNode;
  readonly tokens: readonly Token[];
  readonly dialect: LexedDialect;
}

function factsOfStatement({ statement, tokens, dialect }: Judged): StatementFacts {
  const places = parameterPlaces(statement);
  const written = tokens.filter(({ kind }) => kind === "parameter");
  if (places.length !== written.length || places.length > maxParameters)
    return invalidFacts("a placeholder stands where no value does");
  if (written.some(({ text }) => Number(/^\?(\d+)$/.exec(text)?.[1] ?? 1) < 1 || text.length > 200))
    return invalidFacts("a parameter's number is out of range");
  const fault = writeFault(statement, dialect) ?? gapFault(tokens, dialect);
  return {
    access: fault === null ? "read" : "write",
    why: fault ?? statementType(statement),
    ...relationsOf(statement),
    parameters: parameterNames(places, tokens, dialect),
  };
}

const unite = (lists: readonly string[][]): string[] => [...new Set(lists.flat())].toSorted();

/** Several statements are a write, whatever they are: only one at a time is ever sent. */
function factsOfSeveral(statements: readonly TreeNode[]): StatementFacts {
  const relations = statements.map(relationsOf);
  return {
    access: "write",
    why: `${statements.length} statements`,
    tables: unite(relations.map((one) => one.tables)),
    columns: unite(relations.map((one) => one.columns)),
    parameters: [],
  };
}

function factsOfTokens(tokens: readonly Token[], dialect: LexedDialect): StatementFacts {
  const pragma = dialect === "sqlite" ? pragmaFacts(tokens.filter((one) => !isBlank(one))) : null;
  if (pragma !== null) return pragma;
  const parsed = parseTokens(tokens, dialect);
  if (!parsed.ok) return invalidFacts(parsed.reason);
  const [statement, ...others] = parsed.statements;
  if (statement === undefined) return invalidFacts("no statement");
  return others.length > 0
    ? factsOfSeveral(parsed.statements)
    : factsOfStatement({ statement, tokens, dialect });
}

/** Judges a text; needs the parser loaded. Never throws for any text. */
export function lexedFacts(text: string, dialect: LexedDialect): StatementFacts {
  const refusal = textFault(text);
  if (refusal !== null) return invalidFacts(refusal);
  const lexed = lexText(text, dialect);
  if (!lexed.ok) return invalidFacts(lexed.reason);
  if (lexed.tokens.some(({ kind }) => kind === "hole"))
    return invalidFacts("a character of no token");
  try {
    return factsOfTokens(lexed.tokens, dialect);
  } catch (error) {
    // Only the depth of the tree can fail a walk over it.
    if (error instanceof RangeError) return invalidFacts("nested too deeply");
    throw error;
  }
}
