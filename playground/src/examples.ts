// The ready-made operations of `examples/<module>/<name>.graphql`, and real
// values for their variables.

import { post } from './fetcher';
import { loadDemoUsers } from './session';

export type Example = {
  /** `<module>/<name>`. */
  id: string;
  module: string;
  /** The first comment line of the file. */
  title: string;
  query: string;
  /** JSON text, which may hold `{{samples}}`. */
  variables: string;
};

const queries = import.meta.glob<string>('../examples/*/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('../examples/*/*.variables.json', { query: '?raw', import: 'default', eager: true });

export const examplesByModule: Map<string, Example[]> = Map.groupBy(
  Object.keys(queries).sort().map(example),
  ({ module }) => module,
);

const SAMPLES = `query Samples {
  me { user { seller { products(first: 1) { nodes { ...Sample } } } } }
  products(first: 1) { nodes { ...Sample } }
}
fragment Sample on Product {
  id slug title
  category { id slug }
  seller { id user { id handle } }
}`;

/**
 * The variables with every `{{sample}}` filled in from the running gateway,
 * preferring what the signed-in user owns. What cannot be found stays as it is.
 */
export async function resolveVariables(text: string): Promise<string> {
  if (!text.includes('{{')) return text;
  const samples = await loadSamples();
  return text.replace(/\{\{([\w.]+)\}\}/g, (placeholder, name: string) => {
    const value = samples[name];
    return typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : placeholder;
  });
}

async function loadSamples(): Promise<Record<string, string | undefined>> {
  const signal = AbortSignal.timeout(3000);
  const [answer, demo] = await Promise.all([
    post({ query: SAMPLES, operationName: 'Samples' }, { signal }).catch(() => null),
    loadDemoUsers(),
  ]);
  const data = (answer?.data ?? {}) as any;
  const product = data.me?.user?.seller?.products?.nodes?.[0] ?? data.products?.nodes?.[0];
  return {
    random: Math.random().toString(36).slice(2, 8),
    'product.id': product?.id,
    'product.slug': product?.slug,
    'product.word': product?.title?.split(' ')[0],
    'category.id': product?.category?.id,
    'category.slug': product?.category?.slug,
    'seller.id': product?.seller?.id,
    'user.handle': product?.seller?.user?.handle,
    'demo.email': demo?.users[0]?.email,
    'demo.password': demo?.password,
  };
}

function example(path: string): Example {
  const id = path.replace('../examples/', '').replace('.graphql', '');
  const query = queries[path] ?? '';
  return {
    id,
    module: id.split('/')[0] ?? '',
    title: query.match(/^# (.+?)\.?\n/)?.[1] ?? id,
    query,
    variables: variables[path.replace('.graphql', '.variables.json')]?.trimEnd() ?? '',
  };
}
