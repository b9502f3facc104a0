// The page: our header above GraphiQL's editor.

import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';

import { EditorLook } from './EditorLook';
import { fetcher } from './fetcher';
import { Header } from './Header';
import welcome from './welcome.graphql?raw';

const plugins = [
  DOC_EXPLORER_PLUGIN,
  { ...explorerPlugin({ showAttribution: false }), title: 'Explorer' },
  HISTORY_PLUGIN,
];

export function App() {
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultQuery={welcome}
      inputValueDeprecation
    >
      <HistoryStore>
        <DocExplorerStore>
          <div className="weft">
            <EditorLook />
            <Header />
            <GraphiQLInterface defaultEditorToolsVisibility showPersistHeadersSettings={false}>
              <GraphiQL.Logo>{null}</GraphiQL.Logo>
            </GraphiQLInterface>
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
