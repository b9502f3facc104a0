// Gives the editors our colours and size; GraphiQL has no properties for it.

import { pick, useGraphiQL, useMonaco } from '@graphiql/react';
import { useEffect } from 'react';

import { editorThemes } from './theme';

export function EditorLook() {
  const monaco = useMonaco((state) => state.monaco);
  const editors = useGraphiQL(pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'));
  const { queryEditor, variableEditor, headerEditor, responseEditor } = editors;

  useEffect(() => {
    if (!monaco) return;
    for (const [name, data] of editorThemes) monaco.editor.defineTheme(name, data);
  }, [monaco]);

  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor]) {
      editor?.updateOptions({ fontSize: 13.5, lineHeight: 20 });
    }
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);

  return null;
}
