// Rebuilds into a temporary folder and fails unless `dist/` says the same.
// What is compared is the content, not the compressed bytes, which differ
// between versions of brotli.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), 'weft-playground-'));

try {
  await build({ root, logLevel: 'error', build: { outDir: fresh, emptyOutDir: true } });
  const expected = contents(fresh);
  const committed = contents(join(root, 'dist'));
  const names = [...new Set([...expected.keys(), ...committed.keys()])].sort();
  const differences = names.flatMap((name) => difference(name, expected.get(name), committed.get(name)));
  for (const line of differences) console.error(line);
  if (differences.length > 0) {
    console.error('dist/ is not what the sources build: run `npm run build`');
    process.exitCode = 1;
  } else {
    console.log(`dist/ is what the sources build: ${names.length} files`);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

/** Plain content by name; a file that is not compressed keeps its own name. */
function contents(folder) {
  const found = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const name = relative(folder, file);
    const isCompressed = name.endsWith('.br');
    if (!isCompressed && folder !== fresh) found.set(`${name} (not compressed)`, Buffer.alloc(0));
    else found.set(name.replace(/\.br$/, ''), isCompressed ? brotliDecompressSync(readFileSync(file)) : readFileSync(file));
  }
  return found;
}

function difference(name, expected, committed) {
  if (!committed) return [`missing in dist/: ${name}`];
  if (!expected) return [`not built any more: ${name}`];
  return expected.equals(committed) ? [] : [`differs: ${name}`];
}
