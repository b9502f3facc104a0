// Replaces every file of a built folder with its brotli copy, `<file>.br`.
// Usage: node scripts/compress.mjs FOLDER

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const folder = process.argv[2];
if (!folder) throw new Error('usage: node scripts/compress.mjs FOLDER');

let before = 0;
let after = 0;
for (const file of files(folder)) {
  const content = readFileSync(file);
  const compressed = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(`${file}.br`, compressed);
  rmSync(file);
  before += content.length;
  after += compressed.length;
}
console.log(`compressed ${kilobytes(before)} to ${kilobytes(after)}`);

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.br'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(0)} kB`;
}
