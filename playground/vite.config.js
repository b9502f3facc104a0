// The playground's build: a handful of hashed files, no source maps, no CDN.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = process.env.WEFT_URL ?? 'http://127.0.0.1:8080';
const forwarded = { target: gateway, ws: true };

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: false,
    // What is bundled asks for its notices to travel along.
    license: { fileName: 'licenses.md' },
    // The compressed copy is the only one that is kept.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    // Every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
    // Small files stay files, so that the page needs no `data:` but for fonts.
    assetsInlineLimit: 0,
    // "use no memo" speaks to React's compiler, which has already run.
    rolldownOptions: {
      // GraphiQL names its icons, for screen readers too, after its functions.
      output: { keepNames: true },
      onwarn(warning, warn) {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    proxy: {
      '/graphql': forwarded,
      '/schema.graphql': forwarded,
      '/playground': forwarded,
    },
  },
});
