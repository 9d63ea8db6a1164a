import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

type Declared = Readonly<{ file: string; node: ts.Statement }>;
type Read = Readonly<{
  /** By name, what a file declares itself. */
  own: ReadonlyMap<string, Declared>;
  /** By name, from which file of ours it comes. */
  from: ReadonlyMap<string, string>;
}>;

const namesOf = (node: ts.Statement): readonly string[] => {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map(({ name }) => name.getText());
  const named =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  return named && node.name ? [node.name.text] : [];
};

const importsOf = (file: string, node: ts.Statement): readonly (readonly [string, string])[] => {
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return [];
  const path = node.moduleSpecifier.text;
  const bindings = node.importClause?.namedBindings;
  if (!path.startsWith('.') || !bindings || !ts.isNamedImports(bindings)) return [];
  const to = join(dirname(file), path.replace(/\.js$/, '.ts'));
  return bindings.elements.map(({ name }) => [name.text, to] as const);
};

const read = (file: string): Read => {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const statements = [...source.statements];
  return {
    own: new Map(statements.flatMap((node) => namesOf(node).map((name) => [name, { file, node }] as const))),
    from: new Map(statements.flatMap((node) => importsOf(file, node))),
  };
};

const identifiersIn = (node: ts.Node): readonly string[] => {
  const found: string[] = ts.isIdentifier(node) ? [node.text] : [];
  node.forEachChild((child) => {
    found.push(...identifiersIn(child));
  });
  return found;
};

/** The text of every declaration of these files, and of all that they name in turn, in their own library. */
export const declarationsBelow = (files: readonly string[]): readonly string[] => {
  const known = new Map<string, Read>();
  const readOnce = (file: string): Read => {
    const found = known.get(file) ?? read(file);
    known.set(file, found);
    return found;
  };
  const seen = new Set<ts.Statement>();
  const waiting: Declared[] = files.flatMap((file) => [...readOnce(file).own.values()]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.node)) continue;
    seen.add(next.node);
    const { own, from } = readOnce(next.file);
    for (const name of identifiersIn(next.node)) {
      const elsewhere = from.get(name);
      const declared = own.get(name) ?? (elsewhere && readOnce(elsewhere).own.get(name));
      if (declared) waiting.push(declared);
    }
  }
  return [...seen].map((node) => node.getText());
};
