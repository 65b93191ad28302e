/** Elements out of texts alone: nothing that a call said can become markup. */

/** Makes control and direction-changing characters visible: what is shown is what is there. Line ends stay. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === "\n" ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

type Child = Node | string | null;

/** What an element is made with: attributes, and what a click does. */
export interface Made {
  readonly class?: string;
  readonly title?: string;
  readonly type?: string;
  readonly name?: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly for?: string;
  readonly id?: string;
  readonly href?: string;
  readonly scope?: string;
  readonly role?: string;
  readonly onClick?: () => void;
}

/** Makes an element; texts among its children are made visible. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { onClick, ...attributes }: Made,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  if (onClick !== undefined) made.addEventListener("click", onClick);
  for (const child of children) {
    if (child !== null) made.append(typeof child === "string" ? visible(child) : child);
  }
  return made;
}
