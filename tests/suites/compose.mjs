// node compose.mjs FOLDER: both reference composers take the folder's *.graphql subgraphs, and the public schema of each
// equals public.schema in the folder. Prints one line a composer and ends with PASS n/m.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const { parse, visit, buildASTSchema, lexicographicSortSchema, printSchema, Kind } = require('graphql');
const { composeServices: apollo } = require('@apollo/composition');
const { composeServices: guild } = require('@theguild/federation-composition');

const folder = process.argv[2];
const subgraphs = readdirSync(folder).filter((file) => file.endsWith('.graphql')).sort().map((file) => ({
  name: file.replace(/\.graphql$/, ''), url: 'http://127.0.0.1/', typeDefs: parse(readFileSync(join(folder, file), 'utf8')),
}));
const publicSchema = readFileSync(join(folder, 'public.schema'), 'utf8');

/** The public schema of a supergraph, sorted and without directives: what clients see. */
function seen(sdl) {
  const document = parse(sdl);
  const isMachinery = (name) => /^(join|link|core|federation|policy|requiresScopes)__/.test(name);
  const isHidden = (node) => node.directives?.some((directive) => directive.name.value === 'inaccessible');
  const gone = new Set(document.definitions.filter((node) => node.name && (isMachinery(node.name.value) || isHidden(node))).map((node) => node.name.value));
  const kept = visit(document, {
    enter(node) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION || isHidden(node)) return null;
      if (node.kind === Kind.SCHEMA_DEFINITION) return { ...node, directives: [] };
      if (node.name && /TypeDefinition$/.test(node.kind) && gone.has(node.name.value)) return null;
      // Apollo's composer drops @oneOf; both keep what else clients see.
      if (node.kind === Kind.DIRECTIVE && !['deprecated', 'specifiedBy'].includes(node.name.value)) return null;
      if (node.kind === Kind.UNION_TYPE_DEFINITION) return { ...node, types: node.types.filter((type) => !gone.has(type.name.value)) };
      if (node.interfaces) return { ...node, interfaces: node.interfaces.filter((type) => !gone.has(type.name.value)) };
    },
  });
  return printSchema(lexicographicSortSchema(buildASTSchema(kept, { assumeValid: true })));
}

const ours = seen(publicSchema);
let passed = 0;
for (const [name, compose] of [['@apollo/composition', apollo], ['@theguild/federation-composition', guild]]) {
  const { supergraphSdl, errors } = compose(subgraphs);
  if (!supergraphSdl) { console.log(`FAIL ${name} refuses: ${errors.map((error) => error.message).join('; ')}`); continue; }
  const theirs = seen(supergraphSdl);
  if (theirs === ours) { passed++; console.log(`ok   ${name}`); continue; }
  const lines = new Set(ours.split('\n'));
  const others = new Set(theirs.split('\n'));
  console.log(`FAIL ${name}: only theirs: ${[...others].filter((line) => !lines.has(line)).slice(0, 8).join(' | ')}; only ours: ${[...lines].filter((line) => !others.has(line)).slice(0, 8).join(' | ')}`);
}
console.log(`PASS ${passed}/2`);
process.exit(passed === 2 ? 0 : 1);
