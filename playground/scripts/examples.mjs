// Validates the welcome query and every example, with its variables, against
// a schema. Usage: node scripts/examples.mjs SCHEMA (a file or an http address)

import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildASTSchema, getVariableValues, Kind, parse, Source, validate } from 'graphql';

const root = fileURLToPath(new URL('..', import.meta.url));
const address = process.argv[2];
if (!address) throw new Error('usage: node scripts/examples.mjs SCHEMA');

const schema = buildASTSchema(merged(parse(await load(address))), { assumeValidSDL: true });
const files = readdirSync(join(root, 'examples'), { recursive: true })
  .filter((name) => name.endsWith('.graphql') && !name.includes('node_modules'))
  .map((name) => join(root, 'examples', name))
  .concat(join(root, 'src/welcome.graphql'))
  .sort();

let failures = 0;
for (const file of files) {
  const name = relative(root, file);
  const problems = check(file);
  failures += problems.length;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  for (const problem of problems) console.log(`     ${problem}`);
}
process.exitCode = failures === 0 ? 0 : 1;

function check(file) {
  const text = readFileSync(file, 'utf8');
  const problems = text.startsWith('# ') ? [] : ['the first line must be a comment: it is the title in the menu'];
  const document = parse(new Source(text, file));
  problems.push(...validate(schema, document).map(String));
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operations.length !== 1 || !operations[0].name) return [...problems, 'there must be one operation, with a name'];

  const variables = variablesOf(file);
  const defined = operations[0].variableDefinitions ?? [];
  const known = new Set(defined.map((definition) => definition.variable.name.value));
  for (const name of Object.keys(variables)) if (!known.has(name)) problems.push(`unused variable ${name}`);
  if (problems.length === 0) {
    problems.push(...(getVariableValues(schema, defined, variables).errors ?? []).map(String));
  }
  return problems;
}

function variablesOf(file) {
  const path = file.replace(/\.graphql$/, '.variables.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

async function load(address) {
  if (!/^https?:/.test(address)) return readFileSync(address, 'utf8');
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.text();
}

/** Folds `extend type` and repeated types into one definition each. */
function merged(document) {
  const types = new Map();
  const others = [];
  for (const definition of document.definitions) {
    if (!('fields' in definition)) {
      others.push(definition);
      continue;
    }
    const known = types.get(definition.name.value);
    if (known) known.fields = [...(known.fields ?? []), ...(definition.fields ?? [])];
    else types.set(definition.name.value, { ...definition, kind: definition.kind.replace('Extension', 'Definition') });
  }
  return { ...document, definitions: [...others, ...types.values()] };
}
